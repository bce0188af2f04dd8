"""Emails from servers without Gmail's message ids, each content once in a mailbox."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

WITHOUT_GMAIL_ID = sa.text("direction = 'incoming' AND gmail_message_id IS NULL")


def upgrade() -> None:
    """Add the index that keeps it so; no earlier version stored such emails."""
    op.create_index(
        "uq_emails_content",
        "emails",
        ["mailbox_id", "sha256"],
        unique=True,
        sqlite_where=WITHOUT_GMAIL_ID,
        postgresql_where=WITHOUT_GMAIL_ID,
    )
