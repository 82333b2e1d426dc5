{{ config(meta={'dated_by': ['starts_on', 'sure_until', 'ends_on']}) }}

-- Days of service of each account: its contract terms, else its recurring lines over their service
-- period.
select
    terms.account_key,
    terms.starts_on,
    case when terms.outcome = 'pending' then terms.ends_on end as sure_until,
    case
        -- who gave notice is lost that day
        when policies.churn_recognise = 'notice' and not terms.is_renewed
            then least(terms.active_to, terms.notice_on)
        else terms.active_to
    end as ends_on
from {{ ref('fct_contract_term') }} as terms
left join ({{ policy_versions() }}) as policies
    on terms.notice_on >= policies.valid_from and terms.notice_on < policies.valid_to

union all

select
    account_key,
    starts_on,
    null as sure_until,
    active_to as ends_on
from {{ ref('int_billed_service') }}
