"""Airflow around the product: its environment, the parts of the DAGs, the embedded runner."""
