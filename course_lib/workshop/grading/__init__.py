"""Collect a class's notebooks, run them in a sandbox, compare, record and report."""
