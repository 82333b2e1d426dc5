{{ staged('contract_renewal') }}
