"""The never-log list: people and companies whose mail is not to be kept, whichever way it goes."""

from __future__ import annotations

from functools import lru_cache

from gmailsync.model.facts import MailFacts
from gmailsync.model.known import Receiver
from gmailsync.model.settings import DecidingSettings
from gmailsync.rules.addresses import key


def listed(mail: MailFacts, settings: DecidingSettings, receiver: Receiver) -> str | None:
    """Return the address for which a message is not kept, or None.

    One listed correspondent is enough, as sender or as recipient. A domain in which the mailbox itself lies is about
    senders alone: listed so that internal mail stays out, it may not stop all the mail that comes in.
    """
    if not settings.never_log:
        return None
    normalise = settings.normalise_gmail_addresses
    entries = _entries(settings.never_log, normalise)
    own = key(receiver.address, normalise=normalise)
    senders = [one.address for one in (mail.author, *mail.reply_to) if one is not None]
    for address in (*senders, *(one.address for one in mail.recipients)):
        found = key(address, normalise=normalise)
        if found == own:
            continue
        domains = _domains(found) & entries
        if address not in senders:
            domains -= _domains(own)
        if found in entries or domains:
            return address
    return None


@lru_cache(maxsize=4)
def _entries(never_log: frozenset[str], normalise: bool) -> frozenset[str]:
    """Return the list's entries as they are compared; `@example.com` and `*@example.com` are the domain."""
    bare = (entry.strip().lstrip("*") for entry in never_log)
    return frozenset(
        entry.lstrip("@").lower() if entry.startswith("@") or "@" not in entry else key(entry, normalise=normalise)
        for entry in bare
        if entry
    )


def _domains(address: str) -> set[str]:
    """Return an address's domain and those above it."""
    labels = address.rpartition("@")[2].split(".")
    return {".".join(labels[start:]) for start in range(len(labels))}
