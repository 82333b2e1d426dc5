"""Bonus plans as code: `<config>/plans/*.csv`, read, checked and compared."""
