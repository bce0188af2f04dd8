"""Lists of addresses (RFC 5322 section 3.4) as real programs write them, read in one pass and without recursion.

Not the stdlib's `getaddresses`: it takes `bob@example.com <eve@example.com>` for bob's, cuts encoded words at their
commas, answers differently from one version of Python to the next, and gives up on a thousand words in a row.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from gmailsync.mime.words import decoded

# An encoded word stays whole even if it has a comma in it, which RFC 2047 section 5 forbids.
_TOKEN = re.compile(
    r"""(?P<blank>\s++)
    | (?P<word>=\?[^?\s]*+\?[bBqQ]\?[^?<>"]*+\?=)
    | <(?P<angle>@[^<>]*+|"[^"<>]*+"[^<>,]*+|[^<>,]*+)>
    | <(?P<open>[^<>,;]*+)
    | (?P<literal>\[[^\[\]<>,\s]*+\])
    | (?P<end>[,;])
    | (?P<colon>:)
    | (?P<quote>")
    | (?P<paren>\()
    | (?P<stray>>)
    | (?P<text>[^\s"<>,;:(\[=]++|.)""",
    re.VERBOSE | re.DOTALL,
)
_SIMPLE = re.compile(
    r"""\s*+(?:(?:"([^"\\]*+)"|([^"(),:;<>@\[\\]*+))\s*+<([\w.!#$%&*+/=?^{|}~-]++@[\w.-]++)>
    | ([\w.!#$%&*+/=?^{|}~-]++@[\w.-]++))\s*+(?=[,;]|\Z)""",
    re.ASCII | re.VERBOSE,
)
"""Nearly every item; to read it at once takes a third of the time."""

_NOTHING = re.compile(r"[\s,;]++")
_QUOTED = re.compile(r'(?:[^"\\]|\\.)*+"', re.DOTALL)
_PAREN = re.compile(r"\\.|[()]", re.DOTALL)
_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)
_COMMENT = re.compile(r"\([^()]*+\)")
_BLANKS_AROUND = re.compile(r"(?<!\s)\s*+([@.])\s*+")
"""An obsolete form (section 4.4): blanks around dots and "@"."""

_Mailbox = tuple[str, str]


@dataclass(slots=True)
class _Item:
    """What stands between two commas: pieces as they are written and as a name has them, comments, and addresses."""

    pieces: list[tuple[str, str]] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    found: list[_Mailbox] = field(default_factory=list)
    has_address: bool = False

    def add(self, written: str, word: str | None = None) -> None:
        self.pieces.append((written, written if word is None else word))

    def close(self, address: str) -> None:
        """End with an address in angle brackets; others may follow where a comma was forgotten."""
        if _is_address(address):
            self.found.append((self._name(self.pieces), address))
        self.pieces, self.comments = [], []

    def mailboxes(self) -> list[_Mailbox]:
        """Return (name, address) of each address; what is outside of brackets counts where none is in them."""
        if not self.found:
            return self._bare()
        name, address = self.found[-1]
        return [*self.found[:-1], (name or " ".join(self.comments), address)]

    def _bare(self) -> list[_Mailbox]:
        text = "".join(written for written, _word in self.pieces).strip()
        whole = _BLANKS_AROUND.sub(r"\1", text)
        if _is_address(whole) and not {" ", '"'} & set(whole):
            return [(self._name([]), _bared(whole))]
        before: list[tuple[str, str]] = []
        found: list[_Mailbox] = []
        for pieces in _in_words(self.pieces):
            if address := _address_in(pieces):
                found.append(("" if found else self._name(before), address))
            before += [*pieces, (" ", " ")]
        return found

    def _name(self, pieces: list[tuple[str, str]]) -> str:
        name = " ".join("".join(word for _written, word in pieces).split())
        comments = " ".join(self.comments)
        return f"{name} ({comments})" if name and comments else name or comments


def mailboxes(value: str) -> list[_Mailbox]:
    """Return (name, address) of each address in a list; encoded words in the names stay as they are.

    Of `bob@example.com <eve@example.com>` the address is eve's. Semicolons part addresses too, as Outlook has it. A
    quotation mark, a parenthesis or a bracket that nobody closes counts for nothing.
    """
    found = [mailbox for item in _items(value) for mailbox in item.mailboxes()]
    if not found and "=?" in value and (plain := decoded(value)) != value:
        # Some programs encode the address together with its name.
        return [mailbox for item in _items(plain) for mailbox in item.mailboxes()]
    return found


def _items(value: str) -> Iterator[_Item]:
    at = 0
    open_for_ever: set[str] = set()  # what is not closed once is not closed later: asking again takes for ever
    while at < len(value):
        if nothing := _NOTHING.match(value, at):
            at = nothing.end()
        elif simple := _SIMPLE.match(value, at):
            name = " ".join((simple[1] or simple[2] or "").split())
            yield _Item(found=[(name, simple[3] or simple[4])])
            at = simple.end() + 1
        else:
            item, at = _item(value, at, open_for_ever)
            yield item


def _item(value: str, at: int, open_for_ever: set[str]) -> tuple[_Item, int]:
    """Read what stands from `at` up to the next comma; return it, and where the next item begins."""
    item = _Item()
    while (token := _TOKEN.match(value, at)) and token.lastgroup != "end":
        kind, at = token.lastgroup or "", token.end()
        if kind in {"quote", "paren"}:
            end = 0 if kind in open_for_ever else _quoted(value, at) if kind == "quote" else _closed(value, at)
            within = _QUOTED_PAIR.sub(r"\1", value[at : end - 1]) if end else ""
            if kind == "quote" and end:
                item.add(value[at - 1 : end], within)
            elif end:
                item.comments.append(" ".join(within.split()))
            else:
                open_for_ever.add(kind)
            at = end or at
        elif kind == "colon" and not item.has_address:
            item = _Item()  # what ends is a group's name, or `mailto:`
        elif kind in {"colon", "stray"}:
            item.add(" ")
        elif kind in {"angle", "open"}:
            item.has_address = True
            item.close(_in_angles(token[kind]))
        else:
            item.has_address |= "@" in token[0]
            item.add(token[0])
    return item, at + 1


def _quoted(value: str, start: int) -> int:
    """Return where the quoted text ends that starts here; 0 where it does not."""
    found = _QUOTED.match(value, start)
    return found.end() if found else 0


def _closed(value: str, start: int) -> int:
    """Return where the comment ends that starts here, with others in it; 0 where it does not."""
    depth = 1
    for found in _PAREN.finditer(value, start):
        depth += {"(": 1, ")": -1}.get(found[0], 0)
        if not depth:
            return found.end()
    return 0


def _in_words(pieces: list[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    """Yield the pieces that no blank parts."""
    word: list[tuple[str, str]] = []
    for piece in pieces:
        if not piece[0].isspace():
            word.append(piece)
        elif word:
            yield word
            word = []
    if word:
        yield word


def _address_in(pieces: list[tuple[str, str]]) -> str:
    """Return the address that a word is, or that stands in it in quotation marks; else an empty text."""
    if any("@" in written for written, _word in pieces if not written.startswith('"')):
        whole = "".join(written for written, _word in pieces)
        return _bared(whole) if _is_address(whole) else ""
    return next((word for _written, word in pieces if _is_address(word) and not set(word) & set(" <>")), "")


def _in_angles(text: str) -> str:
    """Return the address in angle brackets, without comments and without the route before it (section 4.4)."""
    text = _BLANKS_AROUND.sub(r"\1", _COMMENT.sub("", text)).strip()
    if text.startswith("@") and ":" in text:
        text = text.partition(":")[2].strip()
    if '"' not in text and " " in text:
        text = next((word for word in reversed(text.split()) if "@" in word), text)
    return _bared(text)


def _is_address(text: str) -> bool:
    return "@" in text.strip("@")


def _bared(text: str) -> str:
    """Return an address without what programs put around it."""
    text = text.removeprefix("mailto:")
    return text[1:-1] if len(text) > 2 and text[0] == text[-1] == "'" else text
