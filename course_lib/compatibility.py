"""What differs between the versions that the course runs on; each entry names the version that ends it.

When the lowest version in `pyproject.toml` reaches the one named in `ENDS_WITH`, a test asks you to delete
the entry.
"""

ENDS_WITH: dict[str, tuple[str, str]] = {}
