"""The memory of the product: loads, originals and runs."""
