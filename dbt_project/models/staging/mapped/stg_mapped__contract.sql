{{ staged('contract') }}
