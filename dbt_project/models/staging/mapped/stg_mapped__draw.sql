{{ staged('draw') }}
