"""Subjects without what replying and forwarding put before them."""

from __future__ import annotations

import re

# Re and Fwd as mail programs of other languages write them: German, Swedish, Danish, Norwegian, Finnish, French,
# Italian, Spanish, Portuguese, Polish, Turkish, Dutch, Hungarian, Chinese, Japanese.
_REPLIES = (
    "re", "aw", "sv", "vs", "ref", "r", "rif", "res", "rv", "odp", "ynt", "antw", "vá", "回复", "答复", "回覆", "返信",
    "fw", "fwd", "wg", "vb", "vl", "tr", "i", "enc", "pd", "ilt", "doorst", "továbbítás", "转发", "轉寄", "転送",
)  # fmt: skip
_PREFIX = re.compile(
    rf"\s*(?:{'|'.join(_REPLIES)})\s{{0,3}}(?:\[\d{{1,4}}\]|\(\d{{1,4}}\))?\s{{0,3}}[:：]", re.IGNORECASE
)


def base(subject: str) -> str:
    """Return what a subject is about: without reply prefixes, blanks made one, the case of letters no matter."""
    start = 0
    while found := _PREFIX.match(subject, start):
        start = found.end()
    return " ".join(subject[start:].casefold().split())
