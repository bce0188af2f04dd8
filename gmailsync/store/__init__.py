"""The database: profiles, mailboxes, grants, emails, alerts and trials, on SQLite or PostgreSQL."""
