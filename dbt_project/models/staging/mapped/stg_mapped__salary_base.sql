{{ staged('salary_base') }}
