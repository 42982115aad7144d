"""From a class's download to one submission for each student or group."""
