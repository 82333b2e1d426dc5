{{ current_rows('survey_response') }}
