"""Incoming mail by IMAP: from the mailbox's folders into the database, each message once and none passed over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gmailsync.errors import FolderMissing, GmailSyncError, ImapError, MessageFailed
from gmailsync.flows import ledger, tokens
from gmailsync.flows.looking import look
from gmailsync.flows.reading import KNOWN, NEW, REFUSED, TEST, Run, became
from gmailsync.flows.receiving import Receive, receive
from gmailsync.model.mailbox import Mailbox
from gmailsync.model.profile import ServerProfile
from gmailsync.model.secret import Secret
from gmailsync.ports import Ports
from gmailsync.rules import cursor as rules


@dataclass(frozen=True, slots=True)
class Pulled:
    """What one pull did: messages by what became of them, and what went wrong.

    `known` were stored before, `test_messages` are those of Test & Enable, which do not become emails, and `refused`
    are those that no mailbox wants; the decision trace says why. `left_out` are messages that POP shows and a sync of
    the Inbox does not bring. `skipped_until`: nothing was done, because POP may not be asked before then.
    """

    new: int = 0
    known: int = 0
    test_messages: int = 0
    refused: int = 0
    errors: tuple[GmailSyncError, ...] = ()
    left_out: int = 0
    skipped_until: datetime | None = None


def pull(
    ports: Ports,
    mailbox: Mailbox,
    profile: ServerProfile,
    *,
    max_messages: int = rules.MAX_MESSAGES,
    receive: Receive = receive,
) -> Pulled:
    """Look at each folder of the mailbox; at most `max_messages` are stored in one commit.

    Whatever breaks off, what was read before it is stored. A folder that cannot be read does not harm the others.
    """
    run = Run(ports, mailbox, max_messages, receive)
    errors: list[GmailSyncError] = []

    def read(token: Secret) -> None:
        errors.clear()
        with ports.mail.imap(profile.incoming, mailbox.address, token) as source:
            for folder in mailbox.folders:
                try:
                    look(run, source, profile, folder)
                except (FolderMissing, ImapError, MessageFailed) as error:
                    errors.append(error)

    try:
        received, still_failed = ledger.replay(ports, mailbox, receive)
        run.became.update(map(became, received))
        tokens.with_token(ports, mailbox, read)
        if still_failed:
            errors.append(MessageFailed(f"{still_failed} messages in the failure ledger still cannot be read"))
    except GmailSyncError as error:
        errors.append(error)
    return Pulled(run.became[NEW], run.became[KNOWN], run.became[TEST], run.became[REFUSED], tuple(errors))
