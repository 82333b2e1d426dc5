{{ current_rows('receivable_snapshot') }}
