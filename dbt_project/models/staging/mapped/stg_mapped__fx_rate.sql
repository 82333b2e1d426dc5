{{ staged('fx_rate') }}
