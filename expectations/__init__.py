"""Suites of the gates as Python builders: raw.py, conformed.py, marts.py.

A builder yields one `RelationSuite` per relation; `kam_kpi.quality.gates` validates them.
"""
