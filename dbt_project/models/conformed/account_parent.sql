{{ with_history(
    'account_parent', origin='account', key='account_id',
    attributes=['parent_account_id', 'parent_account_source'],
) }}
