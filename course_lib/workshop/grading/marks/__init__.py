"""Marks by computer and by people, and how they are handed back."""
