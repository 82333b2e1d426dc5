{{ staged('report_delivery') }}
