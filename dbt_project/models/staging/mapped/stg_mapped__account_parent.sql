{{ staged('account_parent') }}
