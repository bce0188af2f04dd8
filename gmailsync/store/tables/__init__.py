"""Every table, with the promises it keeps as constraints.

The migrations make these tables; a test holds the two against each other. What belongs to a mailbox
goes with it (ON DELETE CASCADE). The bytes of emails lie apart, so that lists of emails stay light; what is
large in them lies in `blobs`, once for all emails.
"""

from gmailsync.store.tables.base import metadata
from gmailsync.store.tables.deciding import (
    activities,
    activity_hashes,
    decisions,
    party_records,
    queue_items,
    record_addresses,
    records,
    settings,
    undelivered,
)
from gmailsync.store.tables.emails import (
    LONGEST_ID,
    SHORT_ID,
    WITHOUT_ID,
    attempts,
    blobs,
    email_blobs,
    email_content,
    email_envelopes,
    emails,
    test_messages,
)
from gmailsync.store.tables.health import OPEN, alerts, audits, trials
from gmailsync.store.tables.people import grants, mailboxes, profiles, refresh_tokens, sign_ins, vault
from gmailsync.store.tables.places import failures, fates, folders, placements

__all__ = [
    "LONGEST_ID",
    "OPEN",
    "SHORT_ID",
    "WITHOUT_ID",
    "activities",
    "activity_hashes",
    "alerts",
    "attempts",
    "audits",
    "blobs",
    "decisions",
    "email_blobs",
    "email_content",
    "email_envelopes",
    "emails",
    "failures",
    "fates",
    "folders",
    "grants",
    "mailboxes",
    "metadata",
    "party_records",
    "placements",
    "profiles",
    "queue_items",
    "record_addresses",
    "records",
    "refresh_tokens",
    "settings",
    "sign_ins",
    "test_messages",
    "trials",
    "undelivered",
    "vault",
]
