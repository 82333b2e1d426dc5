{{ staged('account_assignment') }}
