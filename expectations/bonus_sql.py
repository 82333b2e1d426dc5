"""Queries of the marts gate on bonuses. Each finds what breaks a rule; `{batch}` is the mart."""

LINE_AMOUNTS = """
    select employee_key, period, component_code from {batch}
    where
        earned <> held + due
        or (status <> 'due' and due <> 0)
        or (status = 'blocked' and is_settled and rounded <> 0)
"""

LINES_OF_NOBODY = """
    select facts.employee_key, facts.period from {batch} as facts
    anti join core.dim_employee as employees on facts.employee_key = employees.employee_key
    union all
    select employee_key, period from {batch} where employee_key = 'UNASSIGNED'
"""

BLOCKED_AND_PAID = """
    select facts.employee_key, facts.period, facts.component_code
    from {batch} as facts
    semi join bonus.fct_bonus_block as blocks
        on facts.employee_key = blocks.employee_key and facts.period = blocks.period
    where facts.status <> 'blocked' or facts.due <> 0 or facts.is_settled
"""

LOST_LINES = """
    select components.employee_key, components.period, components.component_code
    from bonus.int_bonus_component as components
    anti join {batch} as facts
        on components.employee_key = facts.employee_key
        and components.period = facts.period
        and components.plan_code = facts.plan_code
        and components.component_code = facts.component_code
"""

POOL_EXCEEDED = """
    with positive as (
        select employees.team, facts.period, facts.employee_key, sum(facts.rounded) as rounded
        from {batch} as facts
        inner join core.dim_employee as employees on facts.employee_key = employees.employee_key
        where facts.component_code <> 'manual_adjustment'
        group by employees.team, facts.period, facts.employee_key
        having sum(facts.rounded) > 0
    )

    select positive.team, positive.period, sum(positive.rounded) as rounded
    from positive
    inner join (
        select team, period, max(amount) as amount from conformed.bonus_budget group by team, period
    ) as budgets
        on positive.team = budgets.team and positive.period = budgets.period
    group by positive.team, positive.period, budgets.amount
    having sum(positive.rounded) > budgets.amount + 0.005
"""

TRACE_ENDS_ELSEWHERE = """
    select lines.employee_key, lines.period, lines.component_code, lines.due, traces.amount
    from bonus.fct_bonus as lines
    left join (select * from {batch} where step = 'due') as traces
        on lines.employee_key = traces.employee_key
        and lines.period = traces.period
        and lines.plan_code = traces.plan_code
        and lines.component_code = traces.component_code
    where
        lines.plan_code <> ''
        and lines.due is distinct from
            coalesce(traces.amount, case when lines.status = 'blocked' then 0 end)
"""

EVENTS_AGAINST_LINE = """
    select facts.employee_key, facts.period, facts.component_code
    from {batch} as facts
    inner join bonus.fct_bonus as lines
        on facts.employee_key = lines.employee_key
        and facts.period = lines.period
        and facts.plan_code = lines.plan_code
        and facts.component_code = lines.component_code
    where facts.earned is not null
    group by facts.employee_key, facts.period, facts.component_code, facts.plan_code,
        lines.rounded, lines.earned, lines.due, lines.status
    having
        sum(facts.earned) <> lines.rounded
        or sum(facts.earned - facts.clawed) <> lines.earned
        or (lines.status = 'due' and sum(facts.due) <> lines.due)
"""
