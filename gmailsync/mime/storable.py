"""Text that can be kept and shown: nothing a database cannot store, nothing that steers a terminal."""

from __future__ import annotations

import re

_BLANKS = re.compile(r"[\r\n]+|[\t\v\f\x85\u2028\u2029]")
_UNSTORABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_UNSTORABLE_IN_LINES = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_LINE_END = re.compile(r"\r\n|[\r\f\v\x85\u2028\u2029]")


def storable(text: str) -> str:
    """Return `text` without what PostgreSQL or SQLite cannot store or a terminal should not see.

    Tabs and line breaks become blanks; other control characters, NUL among them, and lone surrogates go.
    """
    # Nothing that is printable needs it, and most text is.
    return text if text.isprintable() else _UNSTORABLE.sub("", _BLANKS.sub(" ", text))


def storable_lines(text: str) -> str:
    """Return a text of many lines without what cannot be stored or shown; lines end in a line feed, tabs stay."""
    return _UNSTORABLE_IN_LINES.sub("", _LINE_END.sub("\n", text))
