"""What the flows need of Gmail, as Protocols: mail in by IMAP and POP, mail out by SMTP."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import date
from typing import Protocol

from gmailsync.errors import PopError
from gmailsync.model.email import FetchedMessage
from gmailsync.model.folder import FolderState, Listed
from gmailsync.model.maildrop import Offered
from gmailsync.model.profile import Endpoint
from gmailsync.model.secret import Secret


class MailSource(Protocol):
    """One signed-in IMAP session. Calls raise `MailServerError` or `NetworkError`."""

    def open_folder(self, name: str) -> FolderState:
        r"""EXAMINE a folder: read only, nothing becomes \Seen. `ALL_MAIL` and `SENT` are found by their special use.

        `FolderMissing` when Gmail does not know it.
        """
        ...

    def listing(self, first: int = 1, last: int | None = None, since: date | None = None) -> dict[int, Listed]:
        """Return the open folder's messages by UID, ascending, as two different questions name them.

        With `since`, those that arrived before that day may be left out.
        """
        ...

    def describe(self, uids: Iterable[int], *, dated: bool = False) -> dict[int, Listed]:
        """Ask by FETCH about these messages, with `dated` also when they arrived; those it leaves out are missing."""
        ...

    def changes(self, modseq: int, last: int) -> dict[int, Listed]:
        """Return flags and labels of the messages up to `last` that changed since that modification sequence.

        As two different questions name them; of one that only the second names, the UID may be all that is told.
        """
        ...

    def uids(
        self, first: int = 1, last: int | None = None, since: date | None = None, before: date | None = None
    ) -> list[int]:
        """Return the UIDs from `first` to `last` as SEARCH names them, ascending.

        With `since` and `before`, of those that arrived on that day or later, or earlier.
        """
        ...

    def fetch(self, batches: Iterable[Sequence[int]]) -> Generator[list[FetchedMessage]]:
        """Fetch whole messages of the open folder by BODY.PEEK[], and yield those of each batch of UIDs, ascending.

        UIDs the server omits are missing, and those that it refuses though asked for alone. A batch is asked for before
        the one that precedes it is read, so that no round trip is waited for between them; questions asked meanwhile
        are answered behind it. Close it to stop early.
        """
        ...

    def still_there(self, uids: Sequence[int]) -> set[int]:
        """Ask by SEARCH, a question other than FETCH, which of these UIDs exist."""
        ...

    def find_message_id(self, message_id: str) -> list[int]:
        """Return the UIDs in the open folder that carry this Message-ID."""
        ...

    def hang_up(self) -> None:
        """End the connection at once; may be called from another thread, whose call under way then fails."""
        ...

    def sent_folder(self) -> str:
        r"""Return the name of the folder with the attribute \Sent, whatever language it is in."""
        ...


class MailDrop(Protocol):
    """One signed-in POP session. Calls raise `MailServerError` or `NetworkError`."""

    @property
    def lets_go_of_what_was_read(self) -> bool:
        """True when a message that was read is not shown by later sessions, as with Gmail (but for `recent`)."""
        ...

    def listing(self) -> list[Offered]:
        """Return what the session shows: of a large mailbox the oldest part of what nobody has read by POP."""
        ...

    def retrieve(self, numbers: Sequence[int]) -> Iterator[tuple[int, bytes | PopError]]:
        """Read whole messages in this order, with CRLF at the end of each line; for one that is refused, why.

        They have to be taken to the end, or the session is of no more use.
        """
        ...

    def top(self, number: int) -> bytes:
        """Read the header of a message, without any effect on what later sessions show."""
        ...

    def delete(self, numbers: Sequence[int]) -> None:
        """Mark messages as deleted; they are when the session has ended well."""
        ...

    def hang_up(self) -> None:
        """End the connection at once; may be called from another thread, whose call under way then fails."""
        ...


class MailConnector(Protocol):
    """Opens sessions with Gmail. Each step raises its own error, so that a test can name it."""

    def imap(self, endpoint: Endpoint, address: str, token: Secret) -> AbstractContextManager[MailSource]:
        """Connect and sign in by XOAUTH2; log out at the end."""
        ...

    def imap_greeting(self, endpoint: Endpoint) -> str:
        """Connect by TLS, return the server's greeting, and leave."""
        ...

    def pop(
        self, endpoint: Endpoint, address: str, token: Secret, *, recent: bool = False
    ) -> AbstractContextManager[MailDrop]:
        """Connect and sign in by XOAUTH2; `recent` shows the last 30 days, whoever read them.

        Only an end without an error makes the server let go of what was read or deleted.
        """
        ...

    def pop_greeting(self, endpoint: Endpoint) -> str:
        """Connect by TLS, return the server's greeting, and leave."""
        ...

    def smtp_greeting(self, endpoint: Endpoint) -> str:
        """Connect, secure the connection, return the EHLO answer's first line, and leave."""
        ...

    def smtp_sign_in(self, endpoint: Endpoint, address: str, token: Secret) -> str:
        """Sign in by XOAUTH2 without sending; return the server's reply."""
        ...

    def send(
        self,
        endpoint: Endpoint,
        address: str,
        token: Secret,
        recipients: Sequence[str],
        raw: bytes,
        before_data: Callable[[], None] = ...,
    ) -> str:
        """Submit one message and return Gmail's reply to the final dot.

        Raises `SendDeferred`, `SendRejected`, `TokenRefused`, `NetworkError` when nothing was
        accepted, and `SendInDoubt` when the reply to the final dot was lost. `before_data` is called when all but
        DATA is said; what it raises goes through, and nothing is sent.
        """
        ...
