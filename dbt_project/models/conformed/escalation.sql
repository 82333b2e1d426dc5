{{ current_rows('escalation') }}
