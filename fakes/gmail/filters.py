"""Filters: what an owner lets Gmail do with mail as it arrives.

A filter is data, criteria and what is done. Where several fit, all of them act, as in Gmail.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from fakes.gmail import query
from fakes.gmail.contents import Contents
from fakes.gmail.folders import IMPORTANT, INBOX, JUNK, STARRED, TRASH, check_label
from fakes.gmail.message import SEEN, Message
from fakes.gmail.query_terms import AllOf, Not, Query


@dataclass(frozen=True, slots=True)
class Criteria:
    """What mail a filter is for; every field that is not empty has to fit, and without any all mail does.

    Each field is written as in Gmail's search box: terms between blanks, phrases in quotes, OR, hyphens and brackets;
    `words` and `without` may have operators such as `has:attachment larger:5m`. ValueError for what Gmail would
    understand and the simulation does not.
    """

    sender: str = ""
    to: str = ""
    subject: str = ""
    words: str = ""
    without: str = ""

    def __post_init__(self) -> None:
        if strange := list(query.unknown(self.query)):
            raise ValueError(f"not imitated in a filter: {' '.join(strange)}")

    @property
    def query(self) -> Query:
        """What is searched for."""
        fields = {"from": self.sender, "to": self.to, "subject": self.subject}
        terms = [query.parse(f"{name}:({text})") for name, text in fields.items() if text.strip()]
        terms += [query.parse(self.words)] if self.words.strip() else []
        terms += [Not(query.parse(self.without))] if self.without.strip() else []
        return AllOf(tuple(terms))

    def fit(self, contents: Contents) -> bool:
        """Tell whether a message is meant."""
        return query.holds(self.query, contents, contents.message.internal_date)


def arriving(raw: bytes, now: datetime) -> Contents:
    """Return a message that is in no mailbox yet, as criteria look at it."""
    return Contents(Message(0, 0, raw, now, frozenset({INBOX}), frozenset(), 0))


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


def place(filters: Iterable[Filter], contents: Contents, *, spam: bool = False) -> Placing:
    """Decide what becomes of an arriving message; `spam` is what Gmail takes it for before any filter is asked."""
    fitting = [rule for rule in filters if rule.criteria.fit(contents)]
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
