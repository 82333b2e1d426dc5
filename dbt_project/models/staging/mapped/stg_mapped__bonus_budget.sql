{{ staged('bonus_budget') }}
