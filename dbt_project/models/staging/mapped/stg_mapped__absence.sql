{{ staged('absence') }}
