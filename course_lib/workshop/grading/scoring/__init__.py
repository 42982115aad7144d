"""Hold what a submission did against the answer key."""
