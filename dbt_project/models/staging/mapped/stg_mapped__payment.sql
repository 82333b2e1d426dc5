{{ staged('payment') }}
