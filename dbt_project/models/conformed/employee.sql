{{ current_rows('employee', keep_deleted={}) }}
