"""Run a stranger's code behind walls. The rest of grading never runs any."""
