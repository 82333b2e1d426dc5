{{ staged('receivable_snapshot') }}
