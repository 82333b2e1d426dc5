"""Published versions of the warehouse, and reading them."""
