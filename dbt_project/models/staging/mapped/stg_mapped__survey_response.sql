{{ staged('survey_response') }}
