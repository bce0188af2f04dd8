"""How LIST, LSUB and XLIST are written (RFC 3501 section 6.3.8, RFC 5258, RFC 5819, RFC 6154)."""

from __future__ import annotations

from collections.abc import Callable

from fakes.imap.arguments import clean, needs
from fakes.imap.reader import Reader
from fakes.imap.values import List, Listing

SELECTION = frozenset({"SUBSCRIBED", "REMOTE", "RECURSIVEMATCH", "SPECIAL-USE"})
RETURNED = frozenset({"SUBSCRIBED", "CHILDREN", "SPECIAL-USE"})

StatusItems = Callable[[Reader], tuple[str, ...]]


def listing(kind: Listing, status_items: StatusItems) -> Callable[[Reader], List]:
    """Return how to read `list = "LIST" [SP list-select-opts] SP mailbox SP mbox-or-pat [SP list-return-opts]`.

    Only LIST has options. `status_items` reads what STATUS takes.
    """

    def read(reader: Reader) -> List:
        reader.space()
        selection = _selection(reader) if kind is Listing.LIST and reader.sees(b"(") else None
        reference = clean(reader, reader.astring())
        reader.space()
        patterns = _patterns(reader) if kind is Listing.LIST and reader.sees(b"(") else (_pattern(reader),)
        if kind is not Listing.LIST or not reader.skip(b" "):
            return List(kind, reference, patterns, selection)
        returned, status = _returned(reader, status_items)
        return List(kind, reference, patterns, selection, returned, status)

    return read


def _pattern(reader: Reader) -> str:
    return clean(reader, reader.pattern())


def _patterns(reader: Reader) -> tuple[str, ...]:
    """Read `patterns = "(" list-mailbox *(SP list-mailbox) ")"`."""
    needs("LIST-EXTENDED")
    return tuple(reader.listed(lambda: _pattern(reader))) or reader.fail("a pattern")


def _selection(reader: Reader) -> frozenset[str]:
    """Read selection options; RECURSIVEMATCH needs one that tells what is to be matched (RFC 5258 section 3.1)."""
    needs("LIST-EXTENDED")
    options = frozenset(reader.listed(reader.keyword))
    if not options <= SELECTION or ("RECURSIVEMATCH" in options and options <= {"RECURSIVEMATCH", "REMOTE"}):
        reader.fail("selection options")
    reader.space()
    return options


def _returned(reader: Reader, status_items: StatusItems) -> tuple[frozenset[str], tuple[str, ...]]:
    """Read `RETURN (…)`."""
    needs("LIST-EXTENDED")
    if reader.keyword() != "RETURN":
        reader.fail("RETURN")
    reader.space()
    status: list[str] = []

    def option() -> str:
        name = reader.keyword()
        if name == "STATUS":
            needs("LIST-STATUS")
            reader.space()
            status.extend(status_items(reader))
        elif name not in RETURNED:
            reader.fail("a return option")
        return name

    return frozenset(reader.listed(option)), tuple(status)
