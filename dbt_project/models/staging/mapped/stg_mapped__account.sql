{{ staged('account') }}
