"""How an answer is held against what was expected, and how a difference is put into words."""
