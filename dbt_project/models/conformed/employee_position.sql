{{ with_history(
    'employee_position', origin='employee', key='employee_id',
    attributes=['manager_id', 'manager_source', 'grade'], absent=['team'],
) }}
