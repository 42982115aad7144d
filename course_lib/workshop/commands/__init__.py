"""The commands behind `course ...`, one module for each room that they open."""
