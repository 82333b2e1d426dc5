-- depends_on: {{ ref('invoice') }}, by which its rows are dated
{{ current_rows('invoice_line') }}
