{{ current_rows('bonus_budget') }}
