-- A row here: facts would point at a row that is not there.
select 'dim_account' as dimension
where not exists (select 1 from {{ ref('dim_account') }} where account_key = 'UNMATCHED')
union all
select 'dim_employee' as dimension
where not exists (select 1 from {{ ref('dim_employee') }} where employee_key = 'UNASSIGNED')
union all
select 'dim_product' as dimension
where not exists (select 1 from {{ ref('dim_product') }} where product_key = 'UNMATCHED')
