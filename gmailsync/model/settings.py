"""The settings of deciding about incoming mail: each switch with its default."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

DEFAULT_ATTACHMENT_LIMIT = 5_120
"""KB of 1,024 octets, of a decoded attachment."""

BLOCKED_EXTENSIONS = frozenset({
    "ade", "adp", "app", "asa", "ashx", "asmx", "asp", "bas", "bat", "cdx", "cer", "chm", "class", "cmd", "com",
    "config", "cpl", "crt", "csh", "dll", "exe", "fxp", "hlp", "hta", "htr", "htw", "ida", "idc", "idq", "inf",
    "ins", "isp", "its", "jar", "js", "jse", "ksh", "lnk", "mad", "maf", "mag", "mam", "maq", "mar", "mas",
    "mat", "mau", "mav", "maw", "mda", "mdb", "mde", "mdt", "mdw", "mdz", "msc", "msh", "msh1", "msh1xml",
    "msh2", "msh2xml", "mshxml", "msi", "msp", "mst", "ops", "pcd", "pif", "prf", "prg", "printer", "pst",
    "reg", "rem", "scf", "scr", "sct", "shb", "shs", "shtm", "shtml", "soap", "stm", "tmp", "url", "vb", "vbe",
    "vbs", "vsmacros", "vss", "vst", "vsw", "ws", "wsc", "wsf", "wsh",
})  # fmt: skip
"""What a business system blocks by default."""


DEFAULT_FILTER = r"^[\s]*([\w]+\s?:[\s]*)+"
"""Any words with a colon at the beginning of a subject, such as `RE: FW:`."""


class OwnOptionOnly(StrEnum):
    """Whose acceptance options count: those of all our recipients, or that of the mailbox that was read."""

    OFF = "off"
    USERS = "users"  # while a user's mailbox is read, its own counts alone
    ALL = "all"


@dataclass(frozen=True, slots=True)
class TokenLayout:
    """How a tracking token looks: prefix, one fixed digit, user number, message counter. `CRM:0001023`, say.

    `base` is added to user numbers: with 500 the first user is 501. `legacy_digit` once told online from offline.
    """

    prefix: str = "CRM:"
    legacy_digit: int = 0
    base: int = 0
    user_digits: int = 3
    counter_digits: int = 3


@dataclass(frozen=True, slots=True)
class SmartMatching:
    """How much two emails must have in common to belong together without any header that says so.

    `filter_keywords` is a regular expression; what it matches is taken out of the subject. `max_count` hashes at most
    are made of a subject and of a list of recipients; the counts of subject hashes may differ by `delta_subject_count`;
    `min_address_count` addresses must be in both. Only emails stored in the last `max_days` are compared, with 0
    all of them.
    """

    filter_keywords: str = DEFAULT_FILTER
    max_count: int = 20
    delta_subject_count: int = 0
    min_address_count: int = 2
    max_days: int = 90
    """Server-side synchronisation forgets what is older only under high load."""


@dataclass(frozen=True, slots=True)
class DecidingSettings:
    """Everything that can be switched about incoming mail, for the whole business system.

    Ours, and not known to server-side synchronisation: References, Gmail's thread, switches of In-Reply-To and of the
    conversation index alone, Delivered-To, never-log, Gmail's dots and plus-tags, and the refusal of loops.
    """

    # Acceptance
    own_option_only: OwnOptionOnly = OwnOptionOnly.OFF
    use_delivered_to: bool = True
    """A mailbox that mail was delivered to counts as a recipient, though neither To nor Cc names it."""
    never_log: frozenset[str] = frozenset()
    """Addresses (`bob@example.com`) and domains (`example.com`, with their subdomains)."""
    refuse_loops: bool = True

    # Correlation
    use_correlation: bool = True
    use_in_reply_to: bool = True
    use_references: bool = True
    use_tracking_token: bool = True
    token_in_subject: bool = False
    """Off: what is sent is what was written. Server-side synchronisation puts a token into every subject."""
    use_gmail_thread: bool = True
    use_conversation_index: bool = True
    use_smart_matching: bool = False
    ignore_conversation_index_and_in_reply_to: bool = False
    token_layout: TokenLayout = field(default_factory=TokenLayout)
    max_subject_length: int = 255
    """Characters of an outgoing subject together with its token."""
    smart_matching: SmartMatching = field(default_factory=SmartMatching)

    # Addresses to records
    unresolve_sender_if_several: bool = False
    unresolve_recipients_if_several: bool = False
    ignore_inactive_records: bool = False
    normalise_gmail_addresses: bool = False
    create_contact_for_unknown_sender: bool = False
    """Off: everybody who ever writes would become a contact. Server-side synchronisation has it on."""

    # Duplicates
    two_activities_between_users: bool = True
    look_for_other_direction: bool = True
    """With one activity: mail from a user is tracked where the sender's side is not stored."""

    # Queues
    queue_items_for_recipients: bool = True
    queue_item_for_synchronising_queue: bool = True
    queue_items_for_tracked_email: bool = False
    """Of a second queue that an email comes to when its activity is there already."""
    queue_item_for_owners_default_queue: bool = False
    keep_internal_mail_to_queues: bool = True
    ignore_internal_mail_from_queues: bool = False

    # Content
    attachment_limit: int = DEFAULT_ATTACHMENT_LIMIT
    """KB of 1,024 octets, of a decoded attachment."""
    blocked_extensions: frozenset[str] = BLOCKED_EXTENSIONS
    """In lower case, without a dot."""
