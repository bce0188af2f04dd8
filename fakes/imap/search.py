"""SEARCH: which messages a key holds for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime, time

from fakes.gmail import query
from fakes.gmail.contents import Contents, words
from fakes.gmail.folders import SYSTEM_LABELS
from fakes.gmail.mail import MailStore
from fakes.gmail.message import Message
from fakes.imap.numbers import SeqNum
from fakes.imap.search_keys import (
    And,
    Asked,
    Changed,
    Dated,
    Everything,
    Flagged,
    GmailId,
    InHeader,
    InText,
    Labelled,
    Not,
    Numbered,
    Or,
    SearchKey,
    Sized,
    WithMessageId,
)
from fakes.imap.view import View

Rule = Callable[["Candidate"], bool]

_PEOPLE = frozenset({b"from", b"to", b"cc", b"bcc"})
"""Fields in which RFC 3501 section 6.4.4 looks at the addresses, as ENVELOPE has them."""


@dataclass(frozen=True, slots=True)
class Occasion:
    r"""What an answer depends on besides the keys: who asks and when.

    `recent` are the UIDs with `\Recent`. With `pieces` text is found by pieces of words, which RFC 3501 wants.
    """

    view: View
    now: datetime
    recent: Set[int] = frozenset()
    pieces: bool = False


def found(key: SearchKey, occasion: Occasion, store: MailStore) -> Iterator[tuple[SeqNum, int, Message]]:
    """Yield sequence number, UID and message of those for which the key holds, in order.

    Messages that are gone, though the session was not told so yet, are not found.
    """
    keys = key.keys if isinstance(key, And) else (key,)
    view = occasion.view
    holds = _rule(key, occasion)
    everything = isinstance(key, Everything)
    here, marked = view.folder.uids, view.folder.marked
    for seq, uid in _candidates(keys, view, store):
        gm_msgid = here.get(uid)
        if gm_msgid is not None:
            message = store.message(gm_msgid)
            if everything or holds(Candidate(message, uid, marked=uid in marked)):
                yield seq, uid, message


def _candidates(keys: Sequence[SearchKey], view: View, store: MailStore) -> Iterable[tuple[SeqNum, int]]:
    """Return places and UIDs of what is worth looking at: all of it, or the few that a key names."""
    for key in keys:
        if isinstance(key, Numbered):
            return _placed(_numbered(key, view), view)
        if isinstance(key, GmailId) and not key.thread:
            return _placed(_uids([key.number], view), view)
        if isinstance(key, WithMessageId):
            return _placed(_uids(store.with_message_id(f"<{key.message_id}>"), view), view)
    return ((SeqNum(place), uid) for place, uid in enumerate(view.uids, 1))


def _placed(uids: Iterable[int], view: View) -> Iterator[tuple[SeqNum, int]]:
    """Yield the UIDs that the session knows, with their places."""
    for uid in uids:
        if seq := view.seq(uid):
            yield seq, uid


def _uids(gm_msgids: Sequence[int], view: View) -> list[int]:
    """Return the UIDs that messages have in the folder, rising."""
    uids = (view.folder.uid_of(gm_msgid) for gm_msgid in gm_msgids)
    return sorted(uid for uid in uids if uid is not None)


class Candidate(Contents):
    """A message that is looked at in a folder."""

    def __init__(self, message: Message, uid: int, *, marked: bool) -> None:
        self.message = message
        self.uid = uid
        self.marked = marked


# --- rules: what each key means --------------------------------------------------------------


def _rule(key: SearchKey, occasion: Occasion) -> Rule:
    """Return the test that a key stands for."""
    match key:
        case Not():
            inner = _rule(key.key, occasion)
            return lambda candidate: not inner(candidate)
        case Or():
            one, other = _rule(key.one, occasion), _rule(key.other, occasion)
            return lambda candidate: one(candidate) or other(candidate)
        case And():
            rules = [_rule(part, occasion) for part in key.keys]
            return lambda candidate: all(rule(candidate) for rule in rules)
        case Numbered():
            uids = frozenset(_numbered(key, occasion.view))
            return lambda candidate: candidate.uid in uids
        case InHeader() | InText():
            return _piece_rule(key) if occasion.pieces else _text_rule(key)
        case Asked():
            return lambda candidate: query.holds(key.query, candidate, occasion.now)
        case Dated():
            return _sent_rule(key) if key.sent else _arrived_rule(key)
        case Flagged("\\Recent"):
            return lambda candidate: candidate.uid in occasion.recent
        case _:
            return _plain_rule(key)


def _plain_rule(
    key: Everything | Flagged | Sized | GmailId | Labelled | WithMessageId | Changed,
) -> Rule:
    """Return the test for a key about what the store knows of a message."""
    match key:
        case Flagged("\\Deleted"):
            return lambda candidate: candidate.marked
        case Flagged(flag):
            return lambda candidate: flag in candidate.message.flags
        case Changed(modseq):
            return lambda candidate: candidate.message.modseq >= modseq
        case Sized(more_than, less_than):
            return lambda candidate: (
                (more_than is None or len(candidate.message.raw) > more_than)
                and (less_than is None or len(candidate.message.raw) < less_than)
            )
        case GmailId(number, thread):
            return lambda candidate: number == (candidate.message.gm_thrid if thread else candidate.message.gm_msgid)
        case Labelled(label):
            wanted = SYSTEM_LABELS.get(label.lower(), label)
            return lambda candidate: wanted in candidate.message.labels
        case WithMessageId(message_id):
            return lambda candidate: f"<{message_id}>" in candidate.message_ids
        case Everything():
            return lambda _: True


def _text_rule(key: InHeader | InText) -> Rule:
    """Return the test for words. No text at all is found wherever there is something to look into."""
    phrase = words(key.text) if key.text else ""
    if phrase.isspace():  # nothing but punctuation, of which there is no index
        return lambda _: False
    if isinstance(key, InHeader):
        name = key.name.lower().encode()
        return lambda candidate: any(phrase in text for text in candidate.fields(name))
    if key.body_only:
        return lambda candidate: phrase in candidate.body
    return lambda candidate: phrase in candidate.body or any(phrase in text for text in candidate.fields())


def _piece_rule(key: InHeader | InText) -> Rule:
    """Return the test for text anywhere, in the middle of words too (RFC 3501 section 6.4.4)."""
    piece = key.text.lower()
    if isinstance(key, InHeader):
        name = key.name.lower().encode()
        if name in _PEOPLE and piece:
            return lambda candidate: any(piece in text.lower() for text in candidate.people(name))
        return lambda candidate: any(piece in text.lower() for text in candidate.values(name))
    if key.body_only:
        return lambda candidate: piece in candidate.text.lower()
    return lambda candidate: (
        piece in candidate.text.lower() or any(piece in text.lower() for text in candidate.values())
    )


def _numbered(key: Numbered, view: View) -> list[int]:
    """Return the UIDs that a sequence set names."""
    if key.uid:
        return list(key.messages.among(view.uids))
    return [view.uids[seq - 1] for seq in key.messages.among(range(1, len(view.uids) + 1))]


def _sent_rule(key: Dated) -> Rule:
    """Return the test for days of the Date field."""

    def holds(candidate: Candidate) -> bool:
        day = candidate.sent
        return day is not None and (key.first is None or key.first <= day) and (key.end is None or day < key.end)

    return holds


def _arrived_rule(key: Dated) -> Rule:
    """Return the test for days of the internal date, which count in UTC."""
    first = datetime.combine(key.first, time(), UTC) if key.first else datetime.min.replace(tzinfo=UTC)
    if key.end is None:
        return lambda candidate: candidate.message.internal_date >= first
    end = datetime.combine(key.end, time(), UTC)
    return lambda candidate: first <= candidate.message.internal_date < end
