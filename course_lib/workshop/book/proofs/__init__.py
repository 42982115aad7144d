"""What the book promises, and how each promise is held."""
