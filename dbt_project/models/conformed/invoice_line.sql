{{ current_rows('invoice_line') }}
