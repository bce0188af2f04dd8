"""What a client can ask, as values: one class per command, and the parts they are made of.

The grammar makes them, the session obeys them. Each class names the RFC section of its command.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, StrEnum

from fakes.imap.numbers import SequenceSet
from fakes.imap.search_keys import SearchKey

# --- parts of FETCH --------------------------------------------------------------------------


class Item(Enum):
    """What FETCH returns of a message beside its text, in the order in which Gmail answers (google.md 3.7).

    The places of MODSEQ, ENVELOPE and BODYSTRUCTURE are those of captured sessions.
    """

    THRID = "X-GM-THRID"
    MSGID = "X-GM-MSGID"
    LABELS = "X-GM-LABELS"
    UID = "UID"
    SIZE = "RFC822.SIZE"
    MODSEQ = "MODSEQ"
    INTERNALDATE = "INTERNALDATE"
    FLAGS = "FLAGS"
    ENVELOPE = "ENVELOPE"
    BODY = "BODY"
    BODYSTRUCTURE = "BODYSTRUCTURE"


class Part(Enum):
    """Which part of a message's text a section names."""

    ALL = ""
    HEADER = "HEADER"
    TEXT = "TEXT"
    FIELDS = "HEADER.FIELDS"
    FIELDS_NOT = "HEADER.FIELDS.NOT"
    MIME = "MIME"


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a message's text, as `BODY[…]` or one of the old `RFC822…` names.

    `label` is the item's name in the answer; `path` are the numbers of a MIME part, none for the whole message;
    `seen` tells that fetching it marks the message as read.
    """

    label: str
    part: Part = Part.ALL
    path: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    seen: bool = False
    origin: int | None = None
    count: int | None = None


# --- commands --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BadCommand:
    """What is no command of ours. `unknown` tells that the verb is not known, else it was used wrongly.

    `unimitated` names something that Gmail does and this server does not.
    """

    unknown: bool = False
    unimitated: str | None = None


@dataclass(frozen=True, slots=True)
class Capability:
    """RFC 3501 section 6.1.1."""


@dataclass(frozen=True, slots=True)
class Noop:
    """RFC 3501 section 6.1.2."""


@dataclass(frozen=True, slots=True)
class Logout:
    """RFC 3501 section 6.1.3."""


@dataclass(frozen=True, slots=True)
class Identify:
    """ID (RFC 2971); what the client says of itself is of no consequence."""


@dataclass(frozen=True, slots=True)
class Authenticate:
    """RFC 3501 section 6.2.2, with an initial response by RFC 4959; None when there is none."""

    mechanism: str
    initial: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Login:
    """RFC 3501 section 6.2.3."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Namespace:
    """RFC 2342."""


class Listing(StrEnum):
    """The three commands that list folders: RFC 3501 sections 6.3.8 and 6.3.9, and Gmail's own XLIST."""

    LIST = "LIST"
    LSUB = "LSUB"
    XLIST = "XLIST"


@dataclass(frozen=True, slots=True)
class List:
    """LIST, LSUB or XLIST; reference and patterns as they came, in modified UTF-7.

    `selection` and `returned` are the options of RFC 5258 in capital letters, None without a list of them;
    `status` are the items that RETURN asks to have of each folder (RFC 5819).
    """

    kind: Listing
    reference: str
    patterns: tuple[str, ...]
    selection: frozenset[str] | None = None
    returned: frozenset[str] | None = None
    status: tuple[str, ...] = ()

    @property
    def extended(self) -> bool:
        """Tell whether this is no plain LIST of RFC 3501."""
        return len(self.patterns) > 1 or self.selection is not None or self.returned is not None


@dataclass(frozen=True, slots=True)
class Create:
    """RFC 3501 section 6.3.3; names of folders here and below as they came, in modified UTF-7."""

    folder: str


@dataclass(frozen=True, slots=True)
class Delete:
    """RFC 3501 section 6.3.4."""

    folder: str


@dataclass(frozen=True, slots=True)
class Rename:
    """RFC 3501 section 6.3.5."""

    folder: str
    new: str


@dataclass(frozen=True, slots=True)
class Subscribe:
    """SUBSCRIBE, or without `on` UNSUBSCRIBE (RFC 3501 sections 6.3.6 and 6.3.7)."""

    folder: str
    on: bool


@dataclass(frozen=True, slots=True)
class Select:
    """SELECT (RFC 3501 section 6.3.1), or with `read_only` EXAMINE (6.3.2); the name as it came, in modified UTF-7.

    `condstore` asks to hear of mod-sequences from now on (RFC 7162 section 3.1.8).
    """

    folder: str
    read_only: bool
    condstore: bool = False


@dataclass(frozen=True, slots=True)
class Status:
    """RFC 3501 section 6.3.10; items in capital letters, as asked."""

    folder: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Append:
    """RFC 3501 section 6.3.11."""

    folder: str
    flags: tuple[str, ...]
    date: datetime | None
    message: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Idle:
    """RFC 2177."""


@dataclass(frozen=True, slots=True)
class Check:
    """RFC 3501 section 6.4.1."""


@dataclass(frozen=True, slots=True)
class Close:
    """RFC 3501 section 6.4.2."""


@dataclass(frozen=True, slots=True)
class Unselect:
    """RFC 3691."""


@dataclass(frozen=True, slots=True)
class Expunge:
    """RFC 3501 section 6.4.3; with `messages` UID EXPUNGE (RFC 4315 section 2.1)."""

    messages: SequenceSet | None = None


class Return(StrEnum):
    """What ESEARCH can return of what was found (RFC 4731 section 3.1), in the order of the answer."""

    MIN = "MIN"
    MAX = "MAX"
    ALL = "ALL"
    COUNT = "COUNT"


@dataclass(frozen=True, slots=True)
class Search:
    """RFC 3501 section 6.4.4; with `returns` the answer is ESEARCH's, None is that of old."""

    key: SearchKey
    uid: bool
    returns: frozenset[Return] | None = None


@dataclass(frozen=True, slots=True)
class Enable:
    """RFC 5161; names of capabilities in capital letters, known or not."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Compress:
    """RFC 4978."""


@dataclass(frozen=True, slots=True)
class GetQuota:
    """RFC 9208 section 4.1.1."""

    root: str


@dataclass(frozen=True, slots=True)
class GetQuotaRoot:
    """RFC 9208 section 4.1.2."""

    folder: str


@dataclass(frozen=True, slots=True)
class SetQuota:
    """RFC 9208 section 4.1.3; the limits that it names are nobody's to set at Gmail."""

    root: str


@dataclass(frozen=True, slots=True)
class Fetch:
    """RFC 3501 section 6.4.5; `changed_since` leaves out messages of this mod-sequence or a lower one (RFC 7162)."""

    messages: SequenceSet
    items: frozenset[Item]
    sections: tuple[Section, ...]
    uid: bool
    changed_since: int | None = None


class How(Enum):
    """What STORE does with the values it is given."""

    REPLACE = ""
    ADD = "+"
    REMOVE = "-"


@dataclass(frozen=True, slots=True)
class Store:
    """RFC 3501 section 6.4.6; with `labels` the values are X-GM-LABELS (google.md 3.7), decoded.

    `unchanged_since` spares messages of a higher mod-sequence (RFC 7162 section 3.1.3).
    """

    messages: SequenceSet
    how: How
    values: tuple[str, ...]
    labels: bool
    silent: bool
    uid: bool
    unchanged_since: int | None = None


@dataclass(frozen=True, slots=True)
class Copy:
    """RFC 3501 section 6.4.7, or with `leave` MOVE (RFC 6851)."""

    messages: SequenceSet
    folder: str
    uid: bool
    leave: bool


Command = (
    BadCommand
    | Capability
    | Noop
    | Logout
    | Identify
    | Authenticate
    | Login
    | Enable
    | Compress
    | GetQuota
    | GetQuotaRoot
    | SetQuota
    | Namespace
    | List
    | Create
    | Delete
    | Rename
    | Subscribe
    | Select
    | Status
    | Append
    | Idle
    | Check
    | Close
    | Unselect
    | Expunge
    | Search
    | Fetch
    | Store
    | Copy
)


@dataclass(frozen=True, slots=True)
class Request:
    """A command and the tag under which its answer is awaited; `*` when the client gave none."""

    tag: str
    command: Command
