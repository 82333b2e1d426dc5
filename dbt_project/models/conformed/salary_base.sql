{{ current_rows('salary_base') }}
