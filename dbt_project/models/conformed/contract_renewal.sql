{{ current_rows('contract_renewal') }}
