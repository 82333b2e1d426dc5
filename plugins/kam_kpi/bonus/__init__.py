"""Bonuses: what is due becomes what is posted, and how it is shown and explained."""
