{{ staged('escalation') }}
