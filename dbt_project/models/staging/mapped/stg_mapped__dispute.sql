{{ staged('dispute') }}
