"""Folders with what lies in them, the failure ledger, and how mailboxes and profiles choose what is read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

MOMENT = sa.DateTime(timezone=True)
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
IMAP_ONLY, BOTH = "protocol IN ('imap')", "protocol IN ('imap', 'pop')"

PASSED = """
    SELECT 1 FROM placements
    WHERE folder_id = NEW.id AND uidvalidity = NEW.uidvalidity AND outcome = 'listed'
    AND uid > NEW.backlog_uid AND uid <= NEW.last_uid
"""
COMPLAINT = "the cursor would pass a message that is neither stored nor in the failure ledger"


def upgrade() -> None:
    """Make the tables.

    Cursors are not taken over, because nothing says where the stored emails lie: the next sync lists the folders
    anew, and knows by Gmail's ids what is stored.
    """
    op.drop_table("cursors")
    _make_folders()
    _make_failures()
    _make_placements()
    _make_guard()
    _choose_what_is_read()


def _make_folders() -> None:
    op.create_table(
        "folders",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("mailbox_id", ROW_ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), nullable=False),
        sa.Column("last_uid", sa.BigInteger(), nullable=False),
        sa.Column("backlog_uid", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("since", MOMENT),
        sa.Column("modseq", sa.BigInteger()),
        sa.Column("uidnext", sa.BigInteger()),
        sa.Column("messages", sa.BigInteger()),
        sa.CheckConstraint("backlog_uid BETWEEN 0 AND last_uid", name="ck_folders_backlog"),
        sa.ForeignKeyConstraint(["mailbox_id"], ["mailboxes.id"], name="fk_folders_mailbox_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_folders"),
        sa.UniqueConstraint("mailbox_id", "name", name="uq_folders_mailbox_id_name"),
        sqlite_autoincrement=True,
    )


def _make_failures() -> None:
    op.create_table(
        "failures",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("mailbox_id", ROW_ID, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("advice", sa.Text(), nullable=False),
        sa.Column("server_line", sa.Text(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), nullable=False),
        sa.Column("uid", sa.BigInteger(), nullable=False),
        sa.Column("uidl", sa.Text(), nullable=False),
        sa.Column("gmail_message_id", sa.BigInteger()),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("raw", sa.LargeBinary()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("first_at", MOMENT, nullable=False),
        sa.Column("last_at", MOMENT, nullable=False),
        sa.Column("next_at", MOMENT),
        sa.ForeignKeyConstraint(["mailbox_id"], ["mailboxes.id"], name="fk_failures_mailbox_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_failures"),
        sa.UniqueConstraint(
            "mailbox_id",
            "folder",
            "uidvalidity",
            "uid",
            "uidl",
            name="uq_failures_mailbox_id_folder_uidvalidity_uid_uidl",
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_failures_mailbox_id", "failures", ["mailbox_id"])


def _make_placements() -> None:
    op.create_table(
        "placements",
        sa.Column("folder_id", ROW_ID, nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("uid", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("email_id", ROW_ID),
        sa.Column("failure_id", ROW_ID),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("flags", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('listed', 'stored', 'failed', 'test', 'refused')", name="ck_placements_outcome"
        ),
        sa.CheckConstraint("(outcome = 'stored') = (email_id IS NOT NULL)", name="ck_placements_stored_is_an_email"),
        sa.CheckConstraint(
            "(outcome = 'failed') = (failure_id IS NOT NULL)", name="ck_placements_failed_is_in_the_ledger"
        ),
        sa.ForeignKeyConstraint(["folder_id"], ["folders.id"], name="fk_placements_folder_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["email_id"], ["emails.id"], name="fk_placements_email_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["failure_id"],
            ["failures.id"],
            name="fk_placements_failure_id",
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.PrimaryKeyConstraint("folder_id", "uidvalidity", "uid", name="pk_placements"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_placements_email_id", "placements", ["email_id"])
    for name, columns, condition in (
        ("ix_placements_listed", ["folder_id", "uidvalidity", "uid"], "outcome = 'listed'"),
        ("ix_placements_failure_id", ["failure_id"], "failure_id IS NOT NULL"),
    ):
        op.create_index(
            name, "placements", columns, sqlite_where=sa.text(condition), postgresql_where=sa.text(condition)
        )


def _make_guard() -> None:
    """Let the database itself refuse a cursor that passes a message which is only listed."""
    if op.get_bind().dialect.name == "sqlite":
        for event in ("INSERT", "UPDATE"):
            op.execute(
                f"CREATE TRIGGER folders_pass_nothing_on_{event.lower()} BEFORE {event} ON folders "
                f"WHEN EXISTS ({PASSED}) BEGIN SELECT RAISE(ABORT, '{COMPLAINT}'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION folders_pass_nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF EXISTS ({PASSED}) THEN RAISE EXCEPTION '{COMPLAINT}'; END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER folders_pass_nothing BEFORE INSERT OR UPDATE ON folders "
        "FOR EACH ROW EXECUTE FUNCTION folders_pass_nothing()"
    )


def _choose_what_is_read() -> None:
    op.add_column("profiles", sa.Column("read_from", MOMENT))
    # With their checks at once, which only plain SQL can say on SQLite.
    for column, words, default in (
        ("kind", "'user', 'queue'", "user"),
        ("acceptance", "'all', 'responses', 'people', 'records', 'none'", "all"),
    ):
        op.execute(
            f"ALTER TABLE mailboxes ADD COLUMN {column} TEXT DEFAULT '{default}' NOT NULL "
            f"CONSTRAINT ck_mailboxes_{column} CHECK ({column} IN ({words}))"
        )
    op.add_column("mailboxes", sa.Column("folders", sa.Text(), server_default='["INBOX"]', nullable=False))
    op.add_column("mailboxes", sa.Column("labels", sa.Text(), server_default="[]", nullable=False))
    op.add_column("mailboxes", sa.Column("read_from", MOMENT))
    op.add_column("mailboxes", sa.Column("pop_recent", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("mailboxes", sa.Column("pop_delete", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("mailboxes", sa.Column("pop_looked_at", MOMENT))
    _allow_pop()


def _allow_pop() -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint("ck_profiles_protocol", "profiles", type_="check")
        op.create_check_constraint("ck_profiles_protocol", "profiles", BOTH)
        return
    # SQLite's own way to change a check (https://www.sqlite.org/lang_altertable.html#otheralter): copying the table
    # instead would take the profile from its mailboxes, whose foreign keys are at work.
    op.execute("PRAGMA writable_schema = ON")
    op.execute(
        sa.text(
            "UPDATE sqlite_schema SET sql = replace(sql, :old, :new) WHERE type = 'table' AND name = 'profiles'"
        ).bindparams(old=IMAP_ONLY, new=BOTH)
    )
    op.execute("PRAGMA writable_schema = RESET")
