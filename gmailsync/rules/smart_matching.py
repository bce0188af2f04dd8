"""Smart matching: emails that belong together by the words of their subjects and the addresses in them.

It is a guess, off by default, and asked last.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b

from gmailsync.errors import BadInput
from gmailsync.model.known import KnownActivity
from gmailsync.model.settings import DEFAULT_FILTER, SmartMatching

_WORD = re.compile(r"\w+")
_FILTERED = 100
_HASHED = 1_000
"""Characters of a subject to which the filter is applied, and from which words are taken."""

_REPETITION = re.compile(r"[*+]|\{\d*,\d*\}")
_CHOICE = re.compile(r"\||(?<!\()\?")
_MOST_WAYS = 17
"""How often a filter may try another way: a choice doubles the ways, a repetition counts as five choices."""

_ESCAPED = re.compile(r"\\[^1-9]", re.DOTALL)
_SET = re.compile(r"\[\^?\]?[^\]]*\]")
_RESERVED = re.compile(r"\[\[|--|&&|~~|\|\|")
_LONGEST_FILTER = 200
_FILTER = "smart-matching.filter-keywords"
"""The setting, for complaints."""


def subject_hashes(subject: str, parameters: SmartMatching) -> frozenset[int]:
    """Return a hash for each different word of a subject, without what the filter matches."""
    words = _WORD.findall(_filtered(subject[:_HASHED], parameters.filter_keywords).casefold())
    return _hashes(words, parameters.max_count)


def recipient_hashes(addresses: Iterable[str], parameters: SmartMatching) -> frozenset[int]:
    """Return a hash for each different address in From, To, Cc and Bcc, as `rules.addresses.key` writes them."""
    return _hashes(addresses, parameters.max_count)


def match(
    subject: frozenset[int], recipients: frozenset[int], candidates: Iterable[KnownActivity], parameters: SmartMatching
) -> KnownActivity | None:
    """Return the newest candidate that is alike, whatever their order. An email without any word is like none.

    Alike: as many different words as the other, of which all but `delta_subject_count` are the same, and
    `min_address_count` addresses in both.
    """
    if not subject:
        return None
    alike = [
        activity
        for activity in candidates
        if max(len(subject), len(activity.subject_hashes)) - len(subject & activity.subject_hashes)
        <= parameters.delta_subject_count
        and subject & activity.subject_hashes
        and len(recipients & activity.recipient_hashes) >= parameters.min_address_count
    ]
    return max(alike, key=lambda activity: activity.id, default=None)


def check_filter(pattern: str) -> str:
    """Return a filter that can be applied to any subject in no time, or raise `BadInput`.

    Python's regular expressions go back and try again, for ever where a repetition is repeated or holds a choice. So
    these are refused, except in the default, whose colon ends each turn.
    """
    if pattern == DEFAULT_FILTER:
        return pattern
    if len(pattern) > _LONGEST_FILTER:
        raise BadInput(_FILTER, pattern, f"must have at most {_LONGEST_FILTER} characters")
    unescaped = _ESCAPED.sub("x", pattern)
    if _RESERVED.search(unescaped):
        raise BadInput(_FILTER, pattern, "must not hold [[, --, &&, ~~ or ||, which Python keeps for later")
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise BadInput(_FILTER, pattern, f"must be a regular expression: {error}") from error
    bare = _SET.sub("x", unescaped)  # what is left is the structure
    if re.search(r"\)(?:[*+{]|\?\{)", bare) or re.search(r"\(\?P?[=<]?\w*\)|\\[1-9]", bare):
        raise BadInput(_FILTER, pattern, "must not repeat a group, nor refer back to one")
    ways = 5 * len(_REPETITION.findall(bare)) + len(_CHOICE.findall(bare))
    if ways > _MOST_WAYS or re.search(r"\{\d{3}", bare):
        raise BadInput(_FILTER, pattern, "must have fewer repetitions and choices")
    return pattern


def _filtered(subject: str, pattern: str) -> str:
    """Return a subject without what the filter matches near its beginning. An unfit filter does nothing."""
    found = _compiled(pattern)
    return subject if found is None else found.sub("", subject[:_FILTERED]) + subject[_FILTERED:]


@lru_cache(maxsize=16)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    try:
        return re.compile(check_filter(pattern)) if pattern else None
    except BadInput:
        return None


def _hashes(texts: Iterable[str], most: int) -> frozenset[int]:
    distinct = list(dict.fromkeys(texts))[:most]
    return frozenset(_hash(text) for text in distinct)


def _hash(text: str) -> int:
    """Return 64 bits with a sign, as databases store them, the same on every machine."""
    return int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "big", signed=True)
