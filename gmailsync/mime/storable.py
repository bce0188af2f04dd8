"""Text that can be kept and shown: nothing a database cannot store, nothing that steers a terminal."""

from __future__ import annotations

import re

_BLANKS = re.compile(r"[\r\n]+|[\t\v\f\x85\u2028\u2029]")
_UNSTORABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


def storable(text: str) -> str:
    """Return `text` without what PostgreSQL or SQLite cannot store or a terminal should not see.

    Tabs and line breaks become blanks; other control characters, NUL among them, and lone surrogates go.
    """
    # Nothing that is printable needs it, and most text is.
    return text if text.isprintable() else _UNSTORABLE.sub("", _BLANKS.sub(" ", text))
