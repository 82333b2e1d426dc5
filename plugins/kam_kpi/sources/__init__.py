"""Source systems: their declarative configuration and the files they deliver."""
