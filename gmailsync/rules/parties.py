"""Who is in an email: addresses become records of the directory, by rules that leave nothing to chance."""

from __future__ import annotations

from collections.abc import Sequence

from gmailsync.model.activity import Party, Role, Unresolved
from gmailsync.model.directory import Record, RecordKind
from gmailsync.model.facts import MailFacts, NamedAddress
from gmailsync.model.known import Known
from gmailsync.model.settings import DecidingSettings
from gmailsync.rules.addresses import distinct, key

MOST_MATCHES = 100
"""Records with the same address; of more than these none is meant."""

_ORDER = {kind: number for number, kind in enumerate(RecordKind)}


def matching(records: Sequence[Record], settings: DecidingSettings) -> list[Record]:
    """Return those of an address's records that may be meant at all: email enabled, and no disabled user."""
    if not records:
        return []
    return [
        record
        for record in records
        if record.email_enabled
        and (record.active or not (settings.ignore_inactive_records or record.kind is RecordKind.USER))
    ]


def resolve_sender(
    records: Sequence[Record], owner_key: str | None, settings: DecidingSettings
) -> tuple[Record | None, Unresolved]:
    """Return the record that a sender's address means, or why none. Whatever the order of the records.

    `owner_key` is of the owner of the mailbox or queue that tracks the mail: their records go before others'.
    """
    found = matching(records, settings)
    if not found:
        return None, Unresolved.NOBODY
    if len(found) > MOST_MATCHES:
        return None, Unresolved.TOO_MANY
    if len(found) == 1:
        return found[0], Unresolved.NO  # active or not
    if settings.unresolve_sender_if_several:
        return None, Unresolved.SEVERAL
    active = [record for record in found if record.active]
    if not active:
        return None, Unresolved.INACTIVE
    return min(
        active, key=lambda record: (not _is_own(record, owner_key), _ORDER[record.kind], record.id)
    ), Unresolved.NO


def resolve_recipient(records: Sequence[Record], settings: DecidingSettings) -> tuple[Sequence[Record], Unresolved]:
    """Return all records that a recipient's address means, or why none.

    More than a hundred are none, as for a sender: all of them as parties would be a mistake in the directory copied
    into every email.
    """
    found = matching(records, settings)
    if not found:
        return (), Unresolved.NOBODY
    if len(found) > MOST_MATCHES:
        return (), Unresolved.TOO_MANY
    if len(found) > 1 and settings.unresolve_recipients_if_several:
        return (), Unresolved.SEVERAL
    return sorted(found, key=lambda record: (_ORDER[record.kind], record.id)), Unresolved.NO


def recipients(mail: MailFacts, known: Known, settings: DecidingSettings) -> list[Party]:
    """Return a party for each address in To, Cc and Bcc; one named twice in the same field is one party."""
    return [
        _recipient(role, one, known, settings)
        for role, field in ((Role.TO, mail.to), (Role.CC, mail.cc), (Role.BCC, mail.bcc))
        if field
        for one in distinct(field, normalise=settings.normalise_gmail_addresses).values()
    ]


def _recipient(role: Role, one: NamedAddress, known: Known, settings: DecidingSettings) -> Party:
    records = known.records.get(key(one.address, normalise=settings.normalise_gmail_addresses), ())
    found, unresolved = resolve_recipient(records, settings)
    return Party(role, one.address, one.name, tuple(record.id for record in found), unresolved)


def _is_own(record: Record, owner_key: str | None) -> bool:
    return owner_key is not None and record.owner_key == owner_key
