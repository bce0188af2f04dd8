"""From a command's bytes to a value (RFC 3501 section 9, formal syntax).

What cannot be read becomes `BadCommand`, a value like any other. Gmail tells two cases apart: a
verb it does not know, and one that it knows but cannot parse (google.md 3.9).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from fakes.imap import capabilities, fetch_grammar, list_grammar, search_grammar, utf7
from fakes.imap.arguments import NotImitated, clean, date_time, modifier, needs, sequence_set
from fakes.imap.reader import ATOM, Reader, Unreadable
from fakes.imap.values import (
    Append,
    Authenticate,
    BadCommand,
    Capability,
    Check,
    Close,
    Command,
    Compress,
    Copy,
    Create,
    Delete,
    Enable,
    Expunge,
    Fetch,
    GetQuota,
    GetQuotaRoot,
    How,
    Identify,
    Idle,
    Listing,
    Login,
    Logout,
    Namespace,
    Noop,
    Rename,
    Request,
    Search,
    Select,
    SetQuota,
    Status,
    Store,
    Subscribe,
    Unselect,
)

SETTABLE_FLAGS = {name.lower(): name for name in ("\\Answered", "\\Flagged", "\\Draft", "\\Deleted", "\\Seen")}
STATUS_ITEMS = ("HIGHESTMODSEQ", "MESSAGES", "RECENT", "UIDNEXT", "UIDVALIDITY", "UNSEEN", "APPENDLIMIT")

# tag = 1*<any ASTRING-CHAR except "+">
_TAG = re.compile(rb'[^(){ %*"\\+\x00-\x1f\x7f-\xff]+')
_FLAG = re.compile(rb'\\?[^(){ %*"\\\x00-\x1f\x7f-\xff]+')


def parse(data: bytes, *, utf8: bool = False) -> Request:
    """Read one command, literals in place. `utf8` tells that UTF8=ACCEPT is enabled."""
    reader = Reader(data, utf8=utf8)
    tag = "*"
    try:
        tag = reader.match(_TAG, "a tag")[0].decode()
        reader.space()
        verb = reader.keyword()
        if verb == "UID":
            reader.space()
            verb = f"UID {reader.keyword()}"
    except Unreadable:
        return Request(tag, BadCommand())
    if verb not in COMMANDS or not capabilities.offered(NEEDS.get(verb, "IMAP4rev1")):
        return Request(tag, BadCommand(unknown=True, unimitated=verb))
    try:
        command = COMMANDS[verb](reader)
        reader.end()
    except Unreadable:
        return Request(tag, BadCommand())
    except NotImitated as error:
        return Request(tag, BadCommand(unimitated=f"{verb} {error}"))
    return Request(tag, command)


# --- any state, and before sign-in ---


def _identify(reader: Reader) -> Identify:
    """Read `id = "ID" SP ("(" string SP nstring … ")" / nil)` (RFC 2971)."""
    reader.space()
    if not reader.sees(b"("):
        _nstring(reader)
    elif len(reader.listed(lambda: _nstring(reader))) % 2:
        reader.fail("a value for each field")
    return Identify()


def _authenticate(reader: Reader) -> Authenticate:
    """Read `authenticate = "AUTHENTICATE" SP auth-type [SP (base64 / "=")]` (RFC 4959)."""
    reader.space()
    mechanism = reader.keyword()
    if reader.at_end():
        return Authenticate(mechanism)
    if not capabilities.offered("SASL-IR", signed_in=False):
        reader.fail("the end")
    reader.space()
    initial = reader.rest()
    return Authenticate(mechanism, b"" if initial == b"=" else initial)


def _login(reader: Reader) -> Login:
    """Read `login = "LOGIN" SP userid SP password`, both astrings."""
    reader.space()
    user = reader.astring().decode("utf-8", "replace")
    reader.space()
    return Login(user, reader.astring().decode("utf-8", "replace"))


def _enable(reader: Reader) -> Enable:
    """Read `enable = "ENABLE" 1*(SP capability)` (RFC 5161)."""
    reader.space()
    names = [reader.keyword()]
    while reader.skip(b" "):
        names.append(reader.keyword())
    return Enable(tuple(names))


def _compress(reader: Reader) -> Compress:
    """Read `compress = "COMPRESS" SP algorithm`; the one that there is (RFC 4978 section 4)."""
    reader.space()
    if reader.keyword() != "DEFLATE":
        reader.fail("DEFLATE")
    return Compress()


# --- folders ---


def _root(reader: Reader) -> str:
    """Read a space and a quota root, an astring."""
    reader.space()
    return clean(reader, reader.astring())


def _set_quota(reader: Reader) -> SetQuota:
    """Read `setquota = "SETQUOTA" SP quota-root-name SP "(" [name SP number …] ")"`."""
    root = _root(reader)
    reader.space()
    reader.listed(lambda: _resource(reader))
    return SetQuota(root)


def _resource(reader: Reader) -> None:
    reader.keyword()
    reader.space()
    reader.number()


def _select(*, read_only: bool) -> Callable[[Reader], Select]:
    """Return how to read `select = "SELECT" SP mailbox`."""

    def read(reader: Reader) -> Select:
        name = _folder(reader)
        condstore = reader.skip(b" (")
        if condstore:
            needs("CONDSTORE")
            if reader.keyword() != "CONDSTORE":
                reader.fail("CONDSTORE")
            reader.expect(b")")
        return Select(name, read_only, condstore)

    return read


def _status(reader: Reader) -> Status:
    """Read `status = "STATUS" SP mailbox SP "(" status-att *(SP status-att) ")"`."""
    name = _folder(reader)
    reader.space()
    return Status(name, _status_items(reader))


def _status_items(reader: Reader) -> tuple[str, ...]:
    """Read what is wanted of a folder, for STATUS and for LIST-STATUS."""
    items = tuple(reader.listed(reader.keyword))
    if "HIGHESTMODSEQ" in items:
        needs("CONDSTORE")
    if not items or not set(items).issubset(STATUS_ITEMS):
        reader.fail("what STATUS knows")
    return items


def _rename(reader: Reader) -> Rename:
    """Read `rename = "RENAME" SP mailbox SP mailbox`."""
    return Rename(_folder(reader), _folder(reader))


def _append(reader: Reader) -> Append:
    """Read `append = "APPEND" SP mailbox [SP flag-list] [SP date-time] SP literal`."""
    name = _folder(reader)
    reader.space()
    flags: list[str] = []
    if reader.sees(b"("):
        flags = reader.listed(lambda: _flag(reader))
        reader.space()
    date = None
    if reader.sees(b'"'):
        date = date_time(reader)
        reader.space()
    if not reader.sees(b"{"):
        reader.fail("a literal")
    return Append(name, tuple(flags), date, reader.string())


# --- messages ---


def _search(*, uid: bool) -> Callable[[Reader], Search]:
    def read(reader: Reader) -> Search:
        reader.space()
        returns = search_grammar.returns(reader)
        return Search(search_grammar.program(reader), uid, returns)

    return read


def _fetch(*, uid: bool) -> Callable[[Reader], Fetch]:
    """Return how to read `fetch = "FETCH" SP sequence-set SP ("ALL" / … / fetch-att / "(" fetch-att … ")")`."""

    def read(reader: Reader) -> Fetch:
        reader.space()
        messages = sequence_set(reader)
        reader.space()
        items, sections = fetch_grammar.wanted(reader)
        return Fetch(messages, items, sections, uid, fetch_grammar.changed_since(reader))

    return read


def _store(*, uid: bool) -> Callable[[Reader], Store]:
    """Return how to read `store = "STORE" SP sequence-set SP store-att-flags`, with X-GM-LABELS beside FLAGS."""

    def read(reader: Reader) -> Store:
        reader.space()
        messages = sequence_set(reader)
        reader.space()
        unchanged_since = _unchanged_since(reader)
        how = next((how for how in (How.ADD, How.REMOVE) if reader.skip(how.value.encode())), How.REPLACE)
        name = reader.keyword()
        silent = name.endswith(".SILENT")
        what = name.removesuffix(".SILENT")
        if what not in ("FLAGS", "X-GM-LABELS"):
            reader.fail("FLAGS or X-GM-LABELS")
        reader.space()
        if what == "X-GM-LABELS":
            needs("X-GM-EXT-1")
        value = _label if what == "X-GM-LABELS" else _flag
        values = _one_or_listed(reader, lambda: value(reader))
        return Store(messages, how, tuple(values), what == "X-GM-LABELS", silent, uid, unchanged_since)

    return read


def _copy(*, uid: bool, leave: bool) -> Callable[[Reader], Copy]:
    """Return how to read `copy = "COPY" SP sequence-set SP mailbox`, and MOVE (RFC 6851 section 4.5)."""

    def read(reader: Reader) -> Copy:
        reader.space()
        return Copy(sequence_set(reader), _folder(reader), uid, leave)

    return read


def _uid_expunge(reader: Reader) -> Expunge:
    """Read `uid-expunge = "UID" SP "EXPUNGE" SP sequence-set` (RFC 4315 section 4)."""
    reader.space()
    return Expunge(sequence_set(reader))


def _unchanged_since(reader: Reader) -> int | None:
    """Read `store-modifier = "(" "UNCHANGEDSINCE" SP mod-sequence-valzer ")" SP` if it stands here (RFC 7162)."""
    if not reader.skip(b"("):
        return None
    modseq = modifier(reader, "UNCHANGEDSINCE")
    reader.space()
    return modseq


COMMANDS: dict[str, Callable[[Reader], Command]] = {
    "CAPABILITY": lambda _: Capability(),
    "NOOP": lambda _: Noop(),
    "LOGOUT": lambda _: Logout(),
    "ID": _identify,
    "AUTHENTICATE": _authenticate,
    "LOGIN": _login,
    "ENABLE": _enable,
    "COMPRESS": _compress,
    "GETQUOTA": lambda reader: GetQuota(_root(reader)),
    "GETQUOTAROOT": lambda reader: GetQuotaRoot(_folder(reader)),
    "SETQUOTA": _set_quota,
    "NAMESPACE": lambda _: Namespace(),
    "LIST": list_grammar.listing(Listing.LIST, _status_items),
    "LSUB": list_grammar.listing(Listing.LSUB, _status_items),
    "XLIST": list_grammar.listing(Listing.XLIST, _status_items),
    "CREATE": lambda reader: Create(_folder(reader)),
    "DELETE": lambda reader: Delete(_folder(reader)),
    "RENAME": _rename,
    "SUBSCRIBE": lambda reader: Subscribe(_folder(reader), on=True),
    "UNSUBSCRIBE": lambda reader: Subscribe(_folder(reader), on=False),
    "SELECT": _select(read_only=False),
    "EXAMINE": _select(read_only=True),
    "STATUS": _status,
    "APPEND": _append,
    "IDLE": lambda _: Idle(),
    "CHECK": lambda _: Check(),
    "CLOSE": lambda _: Close(),
    "UNSELECT": lambda _: Unselect(),
    "EXPUNGE": lambda _: Expunge(),
    "SEARCH": _search(uid=False),
    "UID SEARCH": _search(uid=True),
    "FETCH": _fetch(uid=False),
    "UID FETCH": _fetch(uid=True),
    "STORE": _store(uid=False),
    "UID STORE": _store(uid=True),
    "COPY": _copy(uid=False, leave=False),
    "UID COPY": _copy(uid=True, leave=False),
    "MOVE": _copy(uid=False, leave=True),
    "UID MOVE": _copy(uid=True, leave=True),
    "UID EXPUNGE": _uid_expunge,
}
"""Every verb that is understood."""

NEEDS = {verb: verb for verb in ("ID", "ENABLE", "NAMESPACE", "XLIST", "IDLE", "UNSELECT", "MOVE")} | {
    "UID MOVE": "MOVE",
    "UID EXPUNGE": "UIDPLUS",
    "COMPRESS": "COMPRESS=DEFLATE",
    "GETQUOTA": "QUOTA",
    "GETQUOTAROOT": "QUOTA",
    "SETQUOTA": "QUOTA",
}
"""Verbs that come with a capability."""


# --- arguments ---


def _folder(reader: Reader) -> str:
    """Read a space and a folder's name, which stays as it is on the wire."""
    reader.space()
    return clean(reader, reader.astring())


def _flag(reader: Reader) -> str:
    r"""Read a flag. `\Recent` and system flags that do not exist cannot be set."""
    flag = reader.match(_FLAG, "a flag")[0].decode()
    if not flag.startswith("\\"):
        return flag
    return SETTABLE_FLAGS.get(flag.lower()) or reader.fail("a flag that can be set")


def _label(reader: Reader) -> str:
    """Read a label and decode it; a system one may stand unquoted with its backslash (google.md 3.7)."""
    if reader.skip(b"\\"):
        return "\\" + reader.atom()
    try:
        return utf7.decode(clean(reader, reader.astring()))
    except ValueError:
        return reader.fail("modified UTF-7")


def _one_or_listed(reader: Reader, item: Callable[[], str]) -> list[str]:
    """Read a list in parentheses, or the same without them."""
    if reader.sees(b"("):
        return reader.listed(item)
    items = [item()]
    while reader.skip(b" "):
        items.append(item())
    return items


def _nstring(reader: Reader) -> bytes:
    """Read `nstring = string / nil`."""
    if reader.sees(b'"') or reader.sees(b"{"):
        return reader.string()
    if reader.match(ATOM, "NIL")[0].upper() != b"NIL":
        reader.fail("NIL")
    return b""
