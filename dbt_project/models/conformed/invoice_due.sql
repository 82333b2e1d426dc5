{{ current_rows('invoice_due') }}
