{{ current_rows('dispute') }}
