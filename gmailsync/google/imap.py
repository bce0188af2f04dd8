"""Gmail by IMAP: one signed-in session over IMAPClient, read only.

Which messages to ask for, and what their absence means, is decided in `gmailsync.rules.cursor`.
"""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from imapclient import IMAPClient, SocketTimeout

from gmailsync.errors import (
    BadInput,
    ConnectionLost,
    FolderMissing,
    ImapError,
    NetworkError,
)
from gmailsync.google.imap_answers import GMAIL_ITEMS, ITEMS, Row, message, rows
from gmailsync.google.imap_refusals import refused
from gmailsync.google.lines import clean
from gmailsync.google.network import TIMEOUTS, Network, Timeouts
from gmailsync.google.sasl import XOAUTH2, xoauth2
from gmailsync.model.email import FetchedMessage
from gmailsync.model.folder import FolderState
from gmailsync.model.profile import Endpoint
from gmailsync.model.secret import Secret

_SEARCH_LIMIT = 80_000
"""UIDs that one SEARCH reply may name: imaplib refuses lines of a million bytes, and a UID takes up to eleven."""
_SIZES_PER_COMMAND = 20_000
"""Messages whose sizes one command asks for: an answer of a megabyte, and few round trips for a large mailbox."""
_PER_COMMAND = 500
"""UIDs named or asked for in one command, so that command lines stay within RFC 7162's 8,192 bytes."""

_SIZE = "(UID RFC822.SIZE)"
_WHOLE = "(UID FLAGS INTERNALDATE BODY.PEEK[])"
_WHOLE_OF_GMAIL = "(UID FLAGS INTERNALDATE X-GM-MSGID X-GM-THRID X-GM-LABELS BODY.PEEK[])"
_REFUSAL = re.compile(rb"(?:\*|[A-Z]+\d+) ((?:NO|BAD|BYE) .*)")


class Conversation:
    """With whom an IMAP session is held, and the last refusal the server sent.

    imaplib's exceptions quote the server in several ways; its own line says it best.
    """

    def __init__(self, endpoint: Endpoint, address: str = "") -> None:
        self.endpoint = endpoint
        self.address = address or "this account"
        self.refusal = ""

    @contextmanager
    def speaking(self) -> Iterator[None]:
        """Translate what a command raises. None of the libraries' texts is shown: they may quote mail."""
        self.refusal = ""
        try:
            yield
        except TimeoutError as error:
            raise ConnectionLost(f"{self.endpoint} fell silent") from error
        except (imaplib.IMAP4.abort, OSError) as error:
            if self.refusal:
                raise refused(self.refusal, self.address) from error
            raise ConnectionLost(f"the connection to {self.endpoint} broke off") from error
        except (imaplib.IMAP4.error, ValueError) as error:
            if self.refusal:
                raise refused(self.refusal, self.address) from error
            raise ImapError(f"{self.endpoint} answered what is not IMAP ({type(error).__name__})") from error


class _Connection(imaplib.IMAP4):
    """imaplib's side of the protocol over our network, with TLS from the first byte."""

    def __init__(self, network: Network, conversation: Conversation, timeout: float) -> None:
        self._network = network
        self._conversation = conversation
        super().__init__(conversation.endpoint.host, conversation.endpoint.port, timeout)

    def _create_socket(self, timeout: float) -> ssl.SSLSocket:
        return self._network.connect_tls(self._conversation.endpoint, timeout)

    def readline(self) -> bytes:
        line = super().readline()
        if refusal := _REFUSAL.match(line):
            self._conversation.refusal = clean(refusal[1])
        return line


class _Client(IMAPClient):  # type: ignore[misc]  # IMAPClient ships no types
    """IMAPClient over our network."""

    def __init__(self, network: Network, conversation: Conversation, timeouts: Timeouts) -> None:
        self._network = network
        self._conversation = conversation
        endpoint = conversation.endpoint
        super().__init__(endpoint.host, endpoint.port, timeout=SocketTimeout(timeouts.connect, timeouts.read))
        self._imap.debug = 0  # IMAPClient sets it to 5, which formats every line, tokens included, for a log

    def _create_IMAP4(self) -> _Connection:  # noqa: N802 - IMAPClient's name
        return _Connection(self._network, self._conversation, self._timeout.connect)

    def sign_in(self, address: str, token: Secret) -> None:
        """Sign in by XOAUTH2 in two steps; the challenge of a refusal is answered with an empty line."""
        answers = iter([xoauth2(address, token)])
        self._imap.authenticate(XOAUTH2, lambda _challenge: next(answers, b""))

    def look_again(self) -> None:
        """Run NOOP over imaplib, which takes whatever the server has to tell (IMAPClient's own reads it too)."""
        self._command_and_check("noop")

    def uid_command(self, name: str, *arguments: str) -> list[Any]:
        """Run a UID command and return imaplib's untagged data for it."""
        status, data = self._imap.uid(name, *arguments)
        self._checkok(name, status, data)
        return [piece for piece in data if piece is not None]


class ImapSource:
    """A signed-in session, as `gmailsync.ports.MailSource` wants it."""

    def __init__(self, client: _Client, conversation: Conversation) -> None:
        self._client = client
        self._speaking = conversation.speaking
        self._exists = 0
        self._uidnext: int | None = None
        with self._speaking():
            is_gmail = client.has_capability("X-GM-EXT-1")
        self._whole = _WHOLE_OF_GMAIL if is_gmail else _WHOLE
        self._wanted = GMAIL_ITEMS if is_gmail else ITEMS

    def open_folder(self, name: str) -> FolderState:
        r"""EXAMINE a folder: read only, nothing becomes \Seen."""
        with self._speaking():
            answer = self._client.select_folder(name, readonly=True)
        if b"UIDVALIDITY" not in answer:
            raise ImapError(f"Gmail gave no UIDVALIDITY for the folder {name}")
        self._exists, self._uidnext = answer.get(b"EXISTS", 0), answer.get(b"UIDNEXT")
        return FolderState(name, answer[b"UIDVALIDITY"], self._uidnext, self._exists)

    def sizes_after(self, last_uid: int) -> dict[int, int]:
        """Return {UID: RFC822.SIZE} of every message of the open folder with a UID above `last_uid`.

        Two questions are asked, because an answer may leave out messages that exist: what either SEARCH or FETCH
        names is there. The size is 0 where only SEARCH knows the message.
        """
        found = self._search_after(last_uid)
        sizes = dict.fromkeys(found, 0)
        lowest = last_uid + 1
        for uids in _chunks(found, _SIZES_PER_COMMAND):
            for row in self._fetch(f"{lowest}:{uids[-1]}", _SIZE):
                uid, size = row.get(b"UID"), row.get(b"RFC822.SIZE")
                if isinstance(uid, int) and isinstance(size, int) and uid > last_uid:
                    sizes[uid] = size
            lowest = uids[-1] + 1
        return dict(sorted(sizes.items()))

    def fetch(self, uids: Sequence[int]) -> Iterator[FetchedMessage]:
        r"""Fetch whole messages of the open folder, ascending; UIDs the server omits are not yielded.

        BODY.PEEK[] leaves them unread.
        """
        for asked in _chunks(sorted(set(uids)), _PER_COMMAND):
            found: dict[int, dict[bytes, Any]] = {uid: {} for uid in asked}
            for row in self._fetch(_uid_set(asked), self._whole):
                # Put together by UID alone: what comes unasked for (RFC 3501 section 7.4.2) may lack one, and a
                # sequence number may mean another message by now.
                found.get(row.get(b"UID", 0), {}).update(row)
            # Without anything that was asked for it is not the message: Gmail leaves out items, too.
            yield from filter(None, (message(row) for row in found.values() if self._wanted <= row.keys()))

    def still_there(self, uids: Sequence[int]) -> set[int]:
        """Ask by SEARCH, a question other than FETCH, which of these UIDs exist."""
        found: set[int] = set()
        if uids:
            self._look_again()
        for asked in _chunks(sorted(set(uids)), _PER_COMMAND):
            found.update(self._search(f"UID {_uid_set(asked)}"))
        return found.intersection(uids)

    def find_message_id(self, message_id: str) -> list[int]:
        """Return the UIDs in the open folder that carry this Message-ID, ascending.

        Raises `BadInput` for what no SEARCH can ask for, so that "not found" always means that Gmail has looked.
        """
        if not message_id.isascii() or not message_id.isprintable():
            raise BadInput("Message-ID", message_id, "must be printable ASCII")
        quoted = message_id.replace("\\", r"\\").replace('"', r"\"")
        self._look_again()
        return sorted(self._search(f'HEADER Message-ID "{quoted}"'))

    def sent_folder(self) -> str:
        r"""Return the name of the folder with the attribute \Sent, whatever language it is in."""
        with self._speaking():
            folders = self._client.list_folders()
        for attributes, _delimiter, name in folders:
            if b"\\sent" in {attribute.lower() for attribute in attributes}:
                return str(name)
        raise FolderMissing(
            r"Gmail shows no folder with the attribute \Sent",
            advice='Gmail settings > Labels: tick "Show in IMAP" for Sent.',
        )

    def hang_up(self) -> None:
        """End the connection at once; may be called from another thread, whose call under way then fails."""
        _hang_up(self._client)

    def _look_again(self) -> None:
        """Let the server take notice of what has come and gone: until a NOOP, Gmail answers SEARCH from memory."""
        with self._speaking():
            self._client.look_again()

    def _search_after(self, last_uid: int) -> list[int]:
        """Return the UIDs above `last_uid`, ascending, in as many questions as imaplib can take the answers of."""
        found: set[int] = set()
        lowest = last_uid + 1
        if self._exists > _SEARCH_LIMIT and self._uidnext is not None:
            while lowest + _SEARCH_LIMIT < self._uidnext:
                found.update(self._search(f"UID {lowest}:{lowest + _SEARCH_LIMIT - 1}"))
                lowest += _SEARCH_LIMIT
        found.update(self._search(f"UID {lowest}:*"))
        # `n:*` names the last message even when its UID is below n (RFC 3501 section 6.4.8).
        return sorted(uid for uid in found if uid > last_uid)

    def _search(self, criteria: str) -> list[int]:
        with self._speaking():
            lines = self._client.uid_command("SEARCH", criteria)
        return [int(word) for line in lines for word in line.split() if word.isdigit()]

    def _fetch(self, uids: str, items: str) -> Iterator[Row]:
        """Yield each FETCH response as {item: value}; one that cannot be read is left out."""
        with self._speaking():
            pieces = self._client.uid_command("FETCH", uids, items)
        yield from rows(pieces)


@contextmanager
def imap_session(
    network: Network, endpoint: Endpoint, address: str, token: Secret, timeouts: Timeouts = TIMEOUTS
) -> Iterator[ImapSource]:
    """Connect, sign in, and log out at the end."""
    conversation = Conversation(endpoint, address)
    with _connected(network, conversation, timeouts) as client:
        with conversation.speaking():
            client.sign_in(address, token)
        yield ImapSource(client, conversation)


def imap_greeting(network: Network, endpoint: Endpoint, timeouts: Timeouts = TIMEOUTS) -> str:
    """Connect, and return the greeting after its `* OK`."""
    with _connected(network, Conversation(endpoint), timeouts) as client:
        return clean(client.welcome).removeprefix("* OK ")


@contextmanager
def _connected(network: Network, conversation: Conversation, timeouts: Timeouts) -> Iterator[_Client]:
    """Log out politely while the server listens; after a lost connection or an interrupt just hang up."""
    with conversation.speaking():
        client = _Client(network, conversation, timeouts)
    try:
        yield client
    except BaseException as error:
        if isinstance(error, NetworkError) or not isinstance(error, Exception):
            _hang_up(client)
        else:
            _log_out(client)
        raise
    else:
        _log_out(client)


def _log_out(client: _Client) -> None:
    """End the session; what was read stays read, however badly this goes."""
    try:
        client.logout()
    except (imaplib.IMAP4.error, OSError):
        _hang_up(client)


def _hang_up(client: _Client) -> None:
    with suppress(OSError):
        client.shutdown()


def _chunks(uids: Sequence[int], length: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(uids), length):
        yield uids[start : start + length]


def _uid_set(uids: Sequence[int]) -> str:
    """Write ascending UIDs as a sequence set (RFC 3501 section 9), such as `3:5,9`."""
    runs: list[list[int]] = []
    for uid in uids:
        if runs and uid == runs[-1][1] + 1:
            runs[-1][1] = uid
        else:
            runs.append([uid, uid])
    return ",".join(str(first) if first == last else f"{first}:{last}" for first, last in runs)
