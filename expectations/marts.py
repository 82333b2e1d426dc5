"""The marts gate (being written)."""
