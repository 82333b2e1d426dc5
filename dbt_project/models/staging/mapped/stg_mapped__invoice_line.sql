{{ staged('invoice_line') }}
