"""What turns the chapters into the book: pairs, claims, the Sphinx extension and the preview."""
