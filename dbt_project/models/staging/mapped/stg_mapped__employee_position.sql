{{ staged('employee_position') }}
