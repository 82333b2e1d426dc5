{{ current_rows('employee_position') }}
