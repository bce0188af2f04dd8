"""Tables that tell how mailboxes are: alerts, trials, audits."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, Table, Text, text

from gmailsync.model.alert import Level
from gmailsync.store.columns import SafeText, UtcDateTime, Word
from gmailsync.store.tables.base import mailbox_id, metadata, one_of, own_id, partial_index

alerts = Table(
    "alerts",
    metadata,
    own_id(),
    mailbox_id(index=True),
    Column("level", Word(Level), nullable=False),
    Column("code", SafeText, nullable=False),
    Column("message", SafeText, nullable=False),
    Column("advice", SafeText, nullable=False),
    Column("server_line", SafeText, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False),
    Column("sightings", Integer, nullable=False),
    Column("resolved_at", UtcDateTime),
    Column("dismissed_at", UtcDateTime),
    one_of("level", Level),
    sqlite_autoincrement=True,
)
OPEN = text("resolved_at IS NULL AND dismissed_at IS NULL")
"""Which alerts are open."""
partial_index("uq_alerts_open", alerts.c.mailbox_id, alerts.c.code, unique=True, where=OPEN)

trials = Table(
    "trials",
    metadata,
    mailbox_id(primary_key=True),
    Column("address", SafeText, nullable=False),
    Column("stages", Text, nullable=False),  # a JSON array, in order
    Column("tried_at", UtcDateTime, nullable=False),
)

audits = Table(
    "audits",
    metadata,
    mailbox_id(primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    *(
        Column(number, BigInteger, nullable=False)
        for number in ("server", "stored", "set_aside", "failed", "missing", "extra", "changed", "mended")
    ),
    Column("given_up", BigInteger, nullable=False, server_default="0"),
)
