{{ staged('task') }}
