{{ staged('write_off') }}
