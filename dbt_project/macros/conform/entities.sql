{# Names of all contract tables. #}
{% macro contract_entities() %}
    {{ return([
        'absence',
        'account',
        'account_assignment',
        'account_parent',
        'activity',
        'allocation',
        'bonus_budget',
        'contract',
        'contract_renewal',
        'deal',
        'deal_line',
        'dispute',
        'draw',
        'employee',
        'employee_position',
        'escalation',
        'fx_rate',
        'invoice',
        'invoice_due',
        'invoice_line',
        'manual_adjustment',
        'payment',
        'product',
        'product_family',
        'receivable_snapshot',
        'report_delivery',
        'salary_base',
        'score',
        'survey_response',
        'target',
        'task',
        'write_off',
    ]) }}
{% endmacro %}


{# Contract tables with pay data: their values are never shown outside them. #}
{% macro personal_entities() %}
    {{ return(['absence', 'draw', 'manual_adjustment', 'salary_base', 'score', 'target']) }}
{% endmacro %}
