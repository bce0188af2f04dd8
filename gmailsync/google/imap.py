"""Gmail by IMAP: one signed-in session, read only.

Which messages to ask for, and what their absence means, is decided in `gmailsync.rules.cursor`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

from gmailsync.errors import BadInput, FolderMissing, ImapError, MailServerError, NetworkError
from gmailsync.google.imap_answers import GMAIL_ITEMS, ITEMS, Row, listed, message, rows
from gmailsync.google.imap_client import Client, Conversation, connected, hang_up
from gmailsync.google.imap_refusals import is_about_messages
from gmailsync.google.lines import clean
from gmailsync.google.network import TIMEOUTS, Network, Timeouts
from gmailsync.google.uid_sets import chunks, uid_set
from gmailsync.model.email import FetchedMessage
from gmailsync.model.folder import FolderState, Listed
from gmailsync.model.mailbox import ALL_MAIL, SENT
from gmailsync.model.profile import Endpoint
from gmailsync.model.secret import Secret

_SEARCH_LIMIT = 80_000
"""UIDs that one SEARCH reply may name: imaplib refuses lines of a million bytes, and a UID takes up to eleven."""
_ROWS_PER_COMMAND = 20_000
"""Messages that one listing command asks about: an answer of some megabytes, and few round trips."""
_PER_COMMAND = 500
"""UIDs named or asked for in one command, so that command lines stay within RFC 7162's 8,192 bytes."""

_WHOLE = "(UID FLAGS INTERNALDATE BODY.PEEK[])"
_WHOLE_OF_GMAIL = "(UID FLAGS INTERNALDATE X-GM-MSGID X-GM-THRID X-GM-LABELS BODY.PEEK[])"
_LABELS = {"\\flagged": "\\Starred", "\\important": "\\Important", "\\sent": "\\Sent", "\\drafts": "\\Draft"}
"""Of Gmail's own folders, by their special use (RFC 6154), whatever language their names are in."""
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(eq=False, slots=True)
class _Asked:
    """A batch of messages that was asked for by commands of these tags, and what has come of each so far, by UID."""

    tags: Sequence[bytes]
    found: dict[int, dict[bytes, Any]]


class ImapSource:
    """A signed-in session, as `gmailsync.ports.MailSource` wants it."""

    def __init__(self, client: Client, conversation: Conversation) -> None:
        self._client = client
        self._speaking = conversation.speaking
        self._exists = 0
        self._uidnext: int | None = None
        self._own_label = ""
        self._asked: list[_Asked] = []
        self._hands_over = False
        with self._speaking():
            self._is_gmail = client.has_capability("X-GM-EXT-1")
        self._whole = _WHOLE_OF_GMAIL if self._is_gmail else _WHOLE
        self._wanted = GMAIL_ITEMS if self._is_gmail else ITEMS

    def open_folder(self, name: str) -> FolderState:
        r"""EXAMINE a folder: read only, nothing becomes \Seen. `ALL_MAIL` and `SENT` are found by their special use."""
        actual = self._special(name) if name in (ALL_MAIL, SENT) else name
        with self._speaking():
            told = self._client.examine(actual)
            uidvalidity = told.get("UIDVALIDITY") or self._client.uidvalidity(actual)
        if not uidvalidity:
            raise ImapError(f"Gmail gave no UIDVALIDITY for the folder {name}")
        self._exists, self._uidnext = told.get("EXISTS", 0), told.get("UIDNEXT")
        self._hands_over = False
        self._own_label = self._label_of(name) if self._is_gmail else ""
        # 0 stands for a folder whose changes are not counted (RFC 7162 section 3.1.2.2).
        return FolderState(name, uidvalidity, self._uidnext, self._exists, told.get("HIGHESTMODSEQ") or None)

    def listing(self, first: int = 1, last: int | None = None, since: date | None = None) -> dict[int, Listed]:
        """Return what is known without their bytes of the open folder's messages from `first` to `last`, ascending.

        With `since`, those that arrived before that day may be left out. Two questions are asked, because an answer
        may leave out messages that exist: what either SEARCH or FETCH names is there.
        """
        if _is_empty(first, last):
            return {}
        found = self.uids(first, last, since)
        known = {uid: Listed(uid) for uid in found}
        for start, end in _ranges(found, first, last, self._uidnext, searched=since is not None):
            known |= self._rows(f"{start}:{end}", dated=since is not None)
        return {uid: row for uid, row in sorted(known.items()) if uid >= first and (last is None or uid <= last)}

    def describe(self, uids: Iterable[int], *, dated: bool = False) -> dict[int, Listed]:
        """Ask by FETCH about these messages; those the server leaves out are missing."""
        known: dict[int, Listed] = {}
        wanted = sorted(set(uids))
        for asked in chunks(wanted, _PER_COMMAND):
            known |= self._rows(uid_set(asked), dated=dated)
        return {uid: known[uid] for uid in wanted if uid in known}

    def changes(self, modseq: int, last: int) -> dict[int, Listed]:
        """Return flags and labels of the messages up to `last` that changed since the mark (RFC 7162 3.1.4.1).

        Two questions are asked, because no later answer names again what one left out. Of what SEARCH names and FETCH
        does not tell when asked once more, the UID is all that is known.
        """
        changed = {uid: row for uid, row in self._rows(f"1:{last}", f" (CHANGEDSINCE {modseq})").items() if uid <= last}
        untold = self._changed(modseq, last, windows=len(changed) > _SEARCH_LIMIT) - changed.keys()
        return {uid: Listed(uid) for uid in untold} | self.describe(untold) | changed

    def uids(
        self, first: int = 1, last: int | None = None, since: date | None = None, before: date | None = None
    ) -> list[int]:
        """Return the UIDs from `first` to `last` by SEARCH, ascending, asked for as imaplib can take the answers."""
        if _is_empty(first, last):
            return []
        criteria = f"UID {first}:{'*' if last is None else last}"
        criteria += "".join(f" {key} {_day(day)}" for key, day in (("SINCE", since), ("BEFORE", before)) if day)
        end = self._uidnext if last is None else last
        windows = self._exists > _SEARCH_LIMIT and (end is None or end - first > _SEARCH_LIMIT)
        # `n:*` names the last message even when its UID is below n (RFC 3501 section 6.4.8).
        found = self._search_in(criteria, windows=windows)
        return sorted(uid for uid in found if uid >= first and (last is None or uid <= last))

    def fetch(self, batches: Iterable[Sequence[int]]) -> Generator[list[FetchedMessage]]:
        """Yield the messages of the open folder that the server hands over of each batch of UIDs, ascending.

        BODY.PEEK[] leaves them unread. While a batch is read the command for the next one is on its way already (RFC
        3501 section 5.5), for which the server would otherwise wait a round trip. Of what Gmail refuses to hand over
        together, whatever it hands over alone.
        """
        asked: deque[_Asked] = deque()
        try:
            for uids in batches:
                asked.append(self._ask_for(uids))
                if len(asked) > 1:
                    yield self._handed_over(asked)
            while asked:
                yield self._handed_over(asked)
        finally:
            self._abandon(asked)

    def still_there(self, uids: Sequence[int]) -> set[int]:
        """Ask by SEARCH, a question other than FETCH, which of these UIDs exist."""
        found: set[int] = set()
        if uids:
            self._look_again()
        for asked in chunks(sorted(set(uids)), _PER_COMMAND):
            found.update(self._search(f"UID {uid_set(asked)}"))
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
        return self._special(SENT)

    def hang_up(self) -> None:
        """End the connection at once; may be called from another thread, whose call under way then fails."""
        hang_up(self._client)

    def _special(self, use: str) -> str:
        """Return the name of the folder of this special use (RFC 6154)."""
        for name, uses in self._uses().items():
            if use.lower() in uses:
                return name
        called = "Sent" if use == SENT else "All Mail"
        raise FolderMissing(
            f"Gmail shows no folder with the attribute {use}",
            advice=f'Gmail settings > Labels: tick "Show in IMAP" for {called}.',
        )

    def _label_of(self, folder: str) -> str:
        """Return the label that Gmail does not name for messages of a folder, because it is the folder's own."""
        if folder == ALL_MAIL:
            return ""
        if folder.startswith(("[Gmail]", "[Google Mail]")):
            uses = self._uses().get(folder, frozenset())
            return next((label for use, label in _LABELS.items() if use in uses), "")
        return "\\Inbox" if folder.upper() == "INBOX" else folder

    def _uses(self) -> dict[str, frozenset[str]]:
        """Return the folders' names with their attributes, in small letters."""
        with self._speaking():
            folders = self._client.list_folders()
        return {str(name): frozenset(one.decode().lower() for one in uses) for uses, _delimiter, name in folders}

    def _look_again(self) -> None:
        """Let the server take notice of what has come and gone: until a NOOP, Gmail answers SEARCH from memory."""
        with self._speaking():
            self._client.look_again()

    def _ask_for(self, uids: Iterable[int]) -> _Asked:
        wanted = sorted(set(uids))
        with self._speaking():
            tags = [self._client.ask_to_fetch(uid_set(some), self._whole) for some in chunks(wanted, _PER_COMMAND)]
        asked = _Asked(tags, {uid: {} for uid in wanted})
        self._asked.append(asked)
        return asked

    def _handed_over(self, asked: deque[_Asked]) -> list[FetchedMessage]:
        """Read the answer to the first of these batches, which thereby leaves them."""
        refusal: ImapError | None = None
        for tag in asked[0].tags:
            try:
                self._hear(tag)
            except ImapError as error:
                if not is_about_messages(error.server_line):
                    raise
                refusal = error
        first = asked.popleft()
        self._asked.remove(first)
        # Without anything that was asked for it is not the message: Gmail leaves out items, too.
        whole = (message(row, self._own_label) for row in first.found.values() if self._wanted <= row.keys())
        messages = [one for one in whole if one is not None]
        self._hands_over = self._hands_over or bool(messages)
        if refusal is not None and len(first.found) > 1:
            had = {one.uid for one in messages}
            messages += self._alone([uid for uid in first.found if uid not in had], refusal)
        return sorted(messages, key=lambda one: one.uid)

    def _alone(self, uids: Iterable[int], refusal: ImapError) -> list[FetchedMessage]:
        """Ask for each message alone that was refused together with others; where none ever comes, raise the refusal.

        It is then no message that is in trouble but the server.
        """
        messages = [one for uid in uids for one in self._handed_over(deque([self._ask_for([uid])]))]
        if not self._hands_over:
            raise refusal
        return messages

    def _hear(self, tag: bytes) -> None:
        """Read until this command is completed, and give each batch that is under way what comes of it."""
        with self._speaking():
            pieces = self._client.hear(tag)
        for row in rows(pieces):
            # Put together by UID alone: what comes unasked for (RFC 3501 section 7.4.2) may lack one, and a sequence
            # number may mean another message by now.
            for one in self._asked:
                one.found.get(row.get(b"UID", 0), {}).update(row)
        with self._speaking():
            self._client.check_heard(tag)

    def _abandon(self, asked: Iterable[_Asked]) -> None:
        """Hear out answers that nobody wants, which the next folder would take for its own."""
        for one in asked:
            self._asked.remove(one)
            for tag in one.tags:
                with suppress(MailServerError, NetworkError):
                    self._hear(tag)

    def _rows(self, uids: str, modifier: str = "", *, dated: bool = False) -> dict[int, Listed]:
        """FETCH what a listing tells, put together by UID alone."""
        items = "UID RFC822.SIZE FLAGS" + " INTERNALDATE" * dated + " X-GM-MSGID X-GM-LABELS" * self._is_gmail
        found: dict[int, Row] = {}
        with self._speaking():
            pieces = self._client.uid_command("FETCH", uids, f"({items}){modifier}")
        for row in rows(pieces):
            uid = row.get(b"UID")
            if isinstance(uid, int):
                found[uid] = {**found[uid], **row} if uid in found else row
        return {uid: listed(row, self._own_label) for uid, row in found.items()}

    def _search_in(self, criteria: str, *, windows: bool) -> set[int]:
        """SEARCH the folder at once, or in windows, so that no answer is too long."""
        if not windows:
            return set(self._search(criteria))
        # By places in the folder, because UIDs may lie far apart. What an expunge shifts meanwhile from one window
        # into another was left out of an answer, as any may be.
        found: set[int] = set()
        for start in range(1, self._exists + 1, _SEARCH_LIMIT):
            to = start + _SEARCH_LIMIT - 1
            found.update(self._search(f"{start}:{to if to < self._exists else '*'} {criteria}"))
        return found

    def _changed(self, modseq: int, last: int, *, windows: bool) -> set[int]:
        """Ask by SEARCH which messages changed (RFC 7162 section 3.1.5); none are named where it is not understood."""
        try:
            found = self._search_in(f"UID 1:{last} MODSEQ {modseq + 1}", windows=windows)
        except ImapError as error:
            if not error.server_line.startswith("BAD "):
                raise
            return set()
        return {uid for uid in found if uid <= last}

    def _search(self, criteria: str) -> list[int]:
        with self._speaking():
            lines = self._client.uid_command("SEARCH", criteria)
        return [int(word) for line in lines for word in line.split() if word.isdigit()]


@contextmanager
def imap_session(
    network: Network, endpoint: Endpoint, address: str, token: Secret, timeouts: Timeouts = TIMEOUTS
) -> Iterator[ImapSource]:
    """Connect, sign in, and log out at the end."""
    conversation = Conversation(endpoint, address)
    with connected(network, conversation, timeouts) as client:
        with conversation.speaking():
            client.sign_in(address, token)
        yield ImapSource(client, conversation)


def imap_greeting(network: Network, endpoint: Endpoint, timeouts: Timeouts = TIMEOUTS) -> str:
    """Connect, and return the greeting after its `* OK`."""
    with connected(network, Conversation(endpoint), timeouts) as client:
        return clean(client.welcome).removeprefix("* OK ")


def _ranges(
    found: Sequence[int], first: int, last: int | None, uidnext: int | None, *, searched: bool
) -> Iterator[tuple[int, int | str]]:
    """Cover the UIDs asked for, in pieces by those that SEARCH found, so that FETCH can name more of them.

    Of a backlog that was `searched` by date, only from the oldest one found on.
    """
    end, bounded = "*" if last is None else last, searched and last is not None
    if not found:
        # Nothing there, says one question; it is worth another where the server says that there should be something.
        if not bounded and (uidnext is None or uidnext > first):
            yield first, end
        return
    lowest = found[0] if bounded else first
    pieces = list(chunks(found, _ROWS_PER_COMMAND))
    for piece in pieces[:-1]:
        yield lowest, piece[-1]
        lowest = piece[-1] + 1
    yield lowest, end


def _is_empty(first: int, last: int | None) -> bool:
    """Tell whether no UID lies there: `1:0`, of a folder that never had a message, is no range (RFC 3501 section 9)."""
    return last is not None and last < first


def _day(day: date) -> str:
    """Write RFC 3501's `date`, whatever the locale."""
    return f"{day.day}-{_MONTHS[day.month - 1]}-{day.year:04}"
