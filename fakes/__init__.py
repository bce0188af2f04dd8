"""A simulated Google in one process: console, consent, OAuth and Gmail over one world with a movable clock."""
