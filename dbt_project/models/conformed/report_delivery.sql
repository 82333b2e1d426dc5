{{ current_rows('report_delivery') }}
