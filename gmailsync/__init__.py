"""Connect Gmail mailboxes to a business system by OAuth 2.0, and keep their mail in step both ways."""

__version__ = "0.1.0"
