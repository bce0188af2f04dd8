"""Filters: what an owner lets Gmail do with mail as it arrives.

A filter is data, criteria and what is done. Where several fit, all of them act, as in Gmail.
"""

from __future__ import annotations

import email
import email.message
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fakes.gmail import headers
from fakes.gmail.folders import IMPORTANT, INBOX, JUNK, STARRED, TRASH, check_label
from fakes.gmail.mail import SEEN

_WORD = re.compile(r"\w+")
_TERM = re.compile(r'"([^"]*)"|(\S+)')


@dataclass(frozen=True, slots=True)
class Criteria:
    """What mail a filter is for; every field that is not empty has to fit, and an empty one fits all mail.

    A field holds terms between blanks, a phrase in double quotes being one term. A term fits where its words stand
    next to each other, whatever their case: `bob@example.com` is the three words bob, example and com. `to` looks at
    To and Cc; `words` at Subject, From, To, Cc and every text in the message; `without` is the opposite of `words`.
    """

    sender: str = ""
    to: str = ""
    subject: str = ""
    words: str = ""
    without: str = ""

    def fits(self, raw: bytes) -> bool:
        """Tell whether a message is meant."""
        head = headers.first_values(headers.split(raw)[0])

        def has(terms: str, *names: str) -> bool:
            return _has_all(terms, (headers.text(head, name) for name in names))

        if not (has(self.sender, "from") and has(self.to, "to", "cc") and has(self.subject, "subject")):
            return False
        if not self.words and not self.without:
            return True
        texts = [headers.text(head, name) for name in ("subject", "from", "to", "cc")] + list(_texts(raw))
        return _has_all(self.words, texts) and not (self.without and _has_all(self.without, texts))


@dataclass(frozen=True, slots=True)
class Filter:
    """Criteria, and what becomes of the mail that fits them.

    `skip_inbox` is Gmail's "Skip the Inbox (Archive it)". `forward_to` are addresses to which mail goes on, as a copy;
    Gmail forwards no spam. ValueError for a label that Gmail would not make.
    """

    criteria: Criteria
    labels: tuple[str, ...] = ()
    skip_inbox: bool = False
    mark_read: bool = False
    star: bool = False
    important: bool = False
    trash: bool = False
    never_spam: bool = False
    forward_to: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for label in self.labels:
            check_label(label)


@dataclass(frozen=True, slots=True)
class Placing:
    """Where an arriving message comes to lie, under which flags, and to whom it goes on."""

    labels: frozenset[str]
    flags: frozenset[str]
    forward_to: tuple[str, ...]


def place(filters: Iterable[Filter], raw: bytes, *, spam: bool = False) -> Placing:
    """Decide what becomes of an arriving message; `spam` is what Gmail takes it for before any filter is asked."""
    fitting = [rule for rule in filters if rule.criteria.fits(raw)]
    spam = spam and not any(rule.never_spam for rule in fitting)
    labels = {label for rule in fitting for label in rule.labels}
    labels |= {STARRED} if any(rule.star for rule in fitting) else set()
    labels |= {IMPORTANT} if any(rule.important for rule in fitting) else set()
    if any(rule.trash for rule in fitting):
        labels.add(TRASH)
    elif spam:
        labels.add(JUNK)
    elif not any(rule.skip_inbox for rule in fitting):
        labels.add(INBOX)
    flags = {SEEN} if any(rule.mark_read for rule in fitting) else set()
    forward_to = () if spam else tuple(dict.fromkeys(to for rule in fitting for to in rule.forward_to))
    return Placing(frozenset(labels), frozenset(flags), forward_to)


def _has_all(terms: str, texts: Iterable[str]) -> bool:
    """Tell whether every term stands in one of the texts."""
    if not terms:
        return True
    known = [_words(text) for text in texts]
    wanted = [_words(phrase or word) for phrase, word in _TERM.findall(terms)]
    return all(any(term in text for text in known) for term in wanted)


def _words(text: str) -> str:
    """Return the words of a text, each between blanks, so that a run of words is a run of characters."""
    return f" {' '.join(_WORD.findall(text.casefold()))} "


def _texts(raw: bytes) -> Iterator[str]:
    """Yield every text part of a message; all of its body when it is nested deeper than Python reads."""
    try:
        parts = [part for part in email.message_from_bytes(raw).walk() if part.get_content_maintype() == "text"]
    except RecursionError:
        yield headers.split(raw)[1].decode("utf-8", "replace")
        return
    yield from map(_text, parts)


def _text(part: email.message.Message) -> str:
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)  # noqa: S101 - get_payload gives bytes for every part that is no multipart
    try:
        return content.decode(part.get_content_charset("utf-8"), "replace")
    except (LookupError, ValueError):
        return content.decode("utf-8", "replace")
