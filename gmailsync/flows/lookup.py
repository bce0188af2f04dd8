"""Small readings that several flows begin with."""

from __future__ import annotations

from gmailsync.model.mailbox import Mailbox
from gmailsync.model.profile import ServerProfile
from gmailsync.ports import Tx
from gmailsync.rules import readiness


def profile_of(tx: Tx, mailbox: Mailbox) -> ServerProfile | None:
    """Return the mailbox's server profile, active or not; None when it has none."""
    return None if mailbox.profile_id is None else tx.profiles.by_id(mailbox.profile_id)


def active_profile(tx: Tx, mailbox: Mailbox) -> ServerProfile:
    """Return the mailbox's server profile, or raise `MailboxNotReady` when there is none or it is not active."""
    return readiness.check_profile(mailbox.address, profile_of(tx, mailbox))
