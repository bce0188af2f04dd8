"""SEARCH: which messages a key holds for.

Text is found by words, not by pieces of words, as Gmail's index does it [recall]; Chinese and
Japanese, which put no blanks between words, by characters.
"""

from __future__ import annotations

import email
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from email.message import Message as Parsed
from functools import cached_property

from fakes.gmail import headers
from fakes.gmail.mail import SYSTEM_LABELS, MailStore, Message
from fakes.imap.numbers import SeqNum
from fakes.imap.search_keys import (
    And,
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

_CJK = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
_WORD = re.compile(rf"[{_CJK}]|[^\W_{_CJK}]+")

Rule = Callable[["Candidate"], bool]


def found(key: SearchKey, view: View, store: MailStore) -> Iterator[tuple[SeqNum, int]]:
    """Yield sequence number and UID of the messages for which the key holds, in order.

    Messages that are gone, though the session was not told so yet, are not found.
    """
    keys = key.keys if isinstance(key, And) else (key,)
    holds = _rule(key, view)
    for uid in _candidates(keys, view, store):
        gm_msgid = view.folder.uids.get(uid)
        seq = view.seq(uid)
        if gm_msgid is not None and seq is not None:
            candidate = Candidate(store.message(gm_msgid), uid, marked=uid in view.folder.marked)
            if holds(candidate):
                yield seq, uid


def _candidates(keys: Sequence[SearchKey], view: View, store: MailStore) -> Sequence[int]:
    """Return the UIDs worth looking at: all of them, or the few that a key names."""
    for key in keys:
        if isinstance(key, Numbered):
            return _numbered(key, view)
        if isinstance(key, GmailId) and not key.thread:
            return _uids([key.number], view)
        if isinstance(key, WithMessageId):
            return _uids(store.with_message_id(f"<{key.message_id}>"), view)
    return view.uids


def _uids(gm_msgids: Sequence[int], view: View) -> list[int]:
    """Return the UIDs that messages have in the folder, rising."""
    uids = (view.folder.uid_of(gm_msgid) for gm_msgid in gm_msgids)
    return sorted(uid for uid in uids if uid is not None)


@dataclass
class Candidate:
    """A message that is looked at, and what has to be worked out of it at most once."""

    message: Message
    uid: int
    marked: bool

    @cached_property
    def block(self) -> bytes:
        """The header."""
        return headers.split(self.message.raw)[0]

    def fields(self, name: bytes | None = None) -> Iterator[str]:
        """Yield the words of the header fields of this name, in small letters; of all fields without one."""
        for field in headers.fields(self.block):
            if name is None or field.name.lower() == name:
                yield _words(headers.decoded(field.value))

    @cached_property
    def sent(self) -> date | None:
        """The day of the Date field as it is written there, whatever its zone (RFC 3501 section 6.4.4)."""
        when = headers.date(headers.first_values(self.block))
        return when.date() if when else None

    @cached_property
    def body(self) -> str:
        """The words of the text parts."""
        parsed = email.message_from_bytes(self.message.raw)
        return _words("\n".join(_text(part) for part in parsed.walk() if part.get_content_maintype() == "text"))


def _text(part: Parsed) -> str:
    """Return a text part decoded, with what cannot be decoded replaced."""
    payload = part.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else b""
    try:
        return data.decode(part.get_content_charset("utf-8"), "replace")
    except (LookupError, ValueError):  # a charset that does not exist, or with a NUL in its name
        return data.decode("utf-8", "replace")


def _words(text: str) -> str:
    """Return the words of a text in small letters with one blank around each, so that phrases can be looked up."""
    return f" {' '.join(_WORD.findall(text.lower()))} "


# --- rules: what each key means --------------------------------------------------------------


def _rule(key: SearchKey, view: View) -> Rule:
    """Return the test that a key stands for."""
    match key:
        case Not():
            inner = _rule(key.key, view)
            return lambda candidate: not inner(candidate)
        case Or():
            one, other = _rule(key.one, view), _rule(key.other, view)
            return lambda candidate: one(candidate) or other(candidate)
        case And():
            rules = [_rule(part, view) for part in key.keys]
            return lambda candidate: all(rule(candidate) for rule in rules)
        case Numbered():
            uids = frozenset(_numbered(key, view))
            return lambda candidate: candidate.uid in uids
        case InHeader() | InText():
            return _text_rule(key)
        case _:
            return _plain_rule(key)


def _plain_rule(
    key: Everything | Flagged | Dated | Sized | GmailId | Labelled | WithMessageId,
) -> Rule:
    """Return the test for a key about what the store knows of a message."""
    match key:
        case Flagged("\\Deleted"):
            return lambda candidate: candidate.marked
        case Flagged(flag):
            return lambda candidate: flag in candidate.message.flags
        case Dated():
            return lambda candidate: _within(key, candidate)
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
            return lambda candidate: (
                f"<{message_id}>" in headers.message_ids(headers.first_values(candidate.block), "message-id")
            )
        case Everything():
            return lambda _: True


def _text_rule(key: InHeader | InText) -> Rule:
    """Return the test for words. No text at all is found wherever there is something to look into."""
    phrase = _words(key.text) if key.text else ""
    if phrase.isspace():  # nothing but punctuation, of which there is no index
        return lambda _: False
    if isinstance(key, InHeader):
        name = key.name.lower().encode()
        return lambda candidate: any(phrase in words for words in candidate.fields(name))
    if key.body_only:
        return lambda candidate: phrase in candidate.body
    return lambda candidate: phrase in candidate.body or any(phrase in words for words in candidate.fields())


def _numbered(key: Numbered, view: View) -> list[int]:
    """Return the UIDs that a sequence set names."""
    if key.uid:
        return list(key.messages.among(view.uids))
    return [view.uids[seq - 1] for seq in key.messages.among(range(1, len(view.uids) + 1))]


def _within(key: Dated, candidate: Candidate) -> bool:
    """Tell whether a message is of these days; the internal date counts in UTC."""
    day = candidate.sent if key.sent else candidate.message.internal_date.date()
    return day is not None and (key.first is None or key.first <= day) and (key.end is None or day < key.end)
