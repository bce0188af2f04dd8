"""What the flows need from outside, as Protocols: clock, tokens, mail in, mail out, store.

Cut by need, a file for each: adapters in `google` and `store` fit them without importing this package's names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gmailsync.ports.administration import Grants, Leases, Mailboxes, Profiles
from gmailsync.ports.deciding import Activities, Decisions, Directory, Knowledge, Records, Switches
from gmailsync.ports.health import Alerts, Audits, Trials
from gmailsync.ports.mail import MailConnector, MailDrop, MailSource
from gmailsync.ports.messages import Emails, Failures, Fates, Folders
from gmailsync.ports.oauth import Consent, OAuthClient
from gmailsync.ports.running import Clock, Progress, Workers
from gmailsync.ports.store import Store, Tx
from gmailsync.ports.watch import MailWatch, WakeUp, Why

__all__ = [
    "Activities",
    "Alerts",
    "Audits",
    "Clock",
    "Consent",
    "Decisions",
    "Directory",
    "Emails",
    "Failures",
    "Fates",
    "Folders",
    "Grants",
    "Knowledge",
    "Leases",
    "MailConnector",
    "MailDrop",
    "MailSource",
    "MailWatch",
    "Mailboxes",
    "OAuthClient",
    "Ports",
    "Profiles",
    "Progress",
    "Records",
    "Store",
    "Switches",
    "Trials",
    "Tx",
    "WakeUp",
    "Why",
    "Workers",
]


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything a flow may touch."""

    store: Store
    clock: Clock
    oauth: OAuthClient
    mail: MailConnector
    progress: Progress
    workers: Workers
    fresh_message_id: Callable[[str], str]
