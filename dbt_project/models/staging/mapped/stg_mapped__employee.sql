{{ staged('employee') }}
