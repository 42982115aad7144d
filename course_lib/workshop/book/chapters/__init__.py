"""A chapter's text and its executed notebook, kept in step."""
