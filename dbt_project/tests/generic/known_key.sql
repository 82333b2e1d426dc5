{% test known_key(model, column, to, field) %}
select {{ column }}
from {{ model }}
where {{ column }} is not null and {{ column }} not in (select {{ field }} from {{ to }})
{% endtest %}
