"""The stories of gmailsync, each in the order it happens; they reach the outside through `gmailsync.ports` only."""
