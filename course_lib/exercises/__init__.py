"""The learner's `check()` and the data it needs."""
