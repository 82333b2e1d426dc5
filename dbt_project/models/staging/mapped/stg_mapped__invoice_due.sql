{{ staged('invoice_due') }}
