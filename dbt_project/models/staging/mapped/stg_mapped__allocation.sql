{{ staged('allocation') }}
