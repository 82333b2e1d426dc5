{{ staged('manual_adjustment') }}
