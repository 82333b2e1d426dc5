"""The private build file: what is prepared for dbt and how dbt is run."""
