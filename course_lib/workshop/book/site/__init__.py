"""From committed notebooks to HTML pages."""
