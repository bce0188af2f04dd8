"""The mail of one account as Gmail keeps it: messages with labels, folders as views of them, threads."""
