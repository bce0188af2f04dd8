"""One SMTP conversation: aiosmtpd's state machine, with what is Gmail about it (google.md 5, RFC 5321, RFC 4954).

aiosmtpd reads lines, keeps the transaction and switches to TLS. Here it gets Gmail's words, Gmail's strictness about
names and addresses, the sign-in by token, and a journal.
"""

from __future__ import annotations

import asyncio
import logging
import re
import ssl
from asyncio import AbstractEventLoop, BaseTransport, StreamReaderProtocol
from collections import defaultdict
from collections.abc import Awaitable, Callable
from functools import partial
from string import ascii_lowercase

from aiosmtpd.smtp import SMTP, Session

from fakes.accounts import Account
from fakes.actions import Action, Send
from fakes.carrying import carry_out, drop
from fakes.faults import Conversation, Where
from fakes.faults.conversation import ends
from fakes.faults.fault import GREETING, MESSAGE
from fakes.ids import DIGITS, HEX, Ids
from fakes.journal import Party
from fakes.smtp import failing, replies
from fakes.smtp.auth import sign_in
from fakes.smtp.chunking import Transaction, read_chunk
from fakes.smtp.handler import GmailHandler
from fakes.smtp.reading import JournalledReader
from fakes.smtp.replies import HOSTNAME, SIZE_LIMIT, Reply, in_gmails_words
from fakes.smtp.syntax import CHUNK, HOST_NAME, PATH, is_address
from fakes.smtp.variations import Variations
from fakes.tls import context_for
from fakes.world import World

AUTH_LINE_LIMIT = 12_290
"""Octets: 12,288 of an initial response (RFC 4954 section 4.3) and the line end; aiosmtpd's 512 refuses real tokens."""

NEVER = 86_400.0
"""Seconds. A session ends by its client or with the world; aiosmtpd insists on a time-out of its own."""

ATTEMPTS = 10
"""Refused sign-ins on one connection before Gmail closes it; the number is ours (google.md 5.3 has only the reply)."""

REFUSING = (535, 534, 454)
"""The codes of a sign-in that was looked at, or not even that, and refused."""

UNKNOWN_COMMAND = re.compile(r'500 Error: command "([A-Z]{4,20})" not recognized')
"""How aiosmtpd refuses a command that is none; SMTP has none of less than four letters."""

# aiosmtpd warns of every unknown command. The journal and the world's `unimitated` have it; stderr need not.
logging.getLogger("mail.log").addHandler(logging.NullHandler())


class GmailSmtp(SMTP):
    """A connection to smtp.gmail.com.

    `tls` is the context for STARTTLS; None when the connection is under TLS from the first byte. `on_failure` hears of
    every exception that ends a command. `ended` is set when the connection is gone.
    """

    # aiosmtpd sets these before the first command is read.
    session: Session
    envelope: Transaction
    _reader: JournalledReader

    # One line may be as long as a message: Gmail does not cut lines, and a message's size is limited anyway.
    line_length_limit = SIZE_LIMIT

    def __init__(
        self,
        world: World,
        *,
        tls: ssl.SSLContext | None,
        loop: AbstractEventLoop,
        on_failure: Callable[[BaseException], None],
    ) -> None:
        super().__init__(
            GmailHandler(),
            data_size_limit=SIZE_LIMIT,
            enable_SMTPUTF8=True,
            hostname=HOSTNAME,
            ident="ESMTP",
            tls_context=tls,
            timeout=NEVER,
            loop=loop,
        )
        self.world = world
        self.peer = ""
        self.account: Account | None = None
        self.ended = asyncio.Event()
        with world.lock:
            self.session_id = _session_id(world.ids)
            self.variations = Variations(world.unusual.session("smtp")) if world.unusual else None
        self._faults = Conversation(world.faults, Where.SMTP)
        self._greeted = False
        self._in_message = False
        self._arrived = 0
        self._implicit_tls = tls is None
        self._attempts = 0
        self._on_failure = on_failure
        # aiosmtpd shares this table between all connections and clears it for each; here everyone has his own.
        self.command_size_limits = defaultdict(lambda: self.command_size_limit, AUTH=AUTH_LINE_LIMIT)
        # aiosmtpd makes a plain StreamReader; this is its own way of giving the protocol another one.
        reader = JournalledReader(self._note_client, limit=self.line_length_limit, loop=loop)
        StreamReaderProtocol.__init__(self, reader, client_connected_cb=self._cb_client_connected, loop=loop)
        del self._smtp_methods["EXPN"]
        for verb, method in list(self._smtp_methods.items()):
            self._smtp_methods[verb] = partial(self._carry_out_unless_prevented, verb, method)

    # --- the connection ---

    @property
    def secure(self) -> bool:
        """Whether the conversation is under TLS."""
        return self._implicit_tls or self.session.ssl is not None

    def connection_made(self, transport: BaseTransport) -> None:
        """Begin, or begin again under TLS, where all that was said before is forgotten (RFC 3207 section 4.2)."""
        self.account = None
        # A client that resets at once leaves no name behind.
        self.peer, *_ = transport.get_extra_info("peername") or ("127.0.0.1",)
        begun = self._handler_coroutine is not None
        super().connection_made(transport)
        if not begun and self._handler_coroutine is not None:
            self._handler_coroutine.add_done_callback(self._on_conversation_end)

    def connection_lost(self, error: Exception | None) -> None:
        """End."""
        super().connection_lost(error)
        self.ended.set()

    async def handle_exception(self, error: Exception) -> Reply:  # type: ignore[override]  # push() takes replies
        """Report what went wrong; after the client has gone, nothing did."""
        if self.transport is not None:
            self._on_failure(error.__cause__ or error)  # TLSSetupException tells nothing, its cause does
        return replies.TEMPORARY_PROBLEM

    async def push(self, status: str | bytes | Reply | failing.Instead) -> None:
        """Send a reply; one of aiosmtpd's own is said in Gmail's words."""
        if isinstance(status, bytes):
            status = status.decode("utf-8", "surrogateescape")
        if isinstance(status, str) and (unknown := UNKNOWN_COMMAND.match(status)):
            self.world.unimitated.append(f"smtp {unknown[1]}")
        if isinstance(status, failing.Instead):
            await self._do(status.actions)
            return
        reply = in_gmails_words(status) if isinstance(status, str) else status
        if self._faults.armed and not self._greeted and await self._prevented(GREETING):
            return
        self._greeted = True
        said = self.variations.reply(reply) if self.variations else reply
        text = said.render(self.session_id)
        data = text.encode("utf-8", "surrogateescape") + b"\r\n"
        if reply is replies.GO_AHEAD:
            self._in_message, self._arrived = True, 0
        if self._faults.armed and reply.code not in failing.INTERMEDIATE:
            await self._do(self._faults.after([Send(data)]))
        else:
            self.note(Party.SMTP, text)
            await self._carry_out([Send(data)])
        if reply.closes and self._handler_coroutine is not None:
            # Otherwise aiosmtpd goes on with what was pipelined behind the last command: a task that has been
            # cancelled ends where it next waits, and with everything there already it would not wait.
            self._writer.close()
            self._handler_coroutine.cancel()
            await asyncio.sleep(0)

    async def ask(self, challenge: bytes) -> bytes:
        """Send a SASL challenge and return the line that comes back, whatever it is."""
        await self.push(replies.challenge(challenge))
        return await self._reader.read_answer()

    def note(self, sender: Party, text: str) -> None:
        """Write a line to the journal."""
        receiver = Party.CLIENT if sender is Party.SMTP else Party.SMTP
        self.world.journal.note("smtp", self.session_id, sender, receiver, text)

    # --- commands where Gmail departs from aiosmtpd ---

    async def smtp_HELO(self, hostname: str) -> None:
        """Refuse names that Gmail refuses."""
        if await self._takes_name(hostname):
            await super().smtp_HELO(hostname)

    async def smtp_EHLO(self, hostname: str) -> None:
        """Refuse names that Gmail refuses."""
        if await self._takes_name(hostname):
            await super().smtp_EHLO(hostname)

    async def smtp_STARTTLS(self, arg: str) -> None:
        """Offer TLS once; under TLS there is no such command (RFC 3207 section 4.2)."""
        if self.secure:
            await self.push(replies.UNRECOGNIZED)
        else:
            self.tls_context = context_for(Where.SMTP, self.world.faults, self.world.clock)
            await super().smtp_STARTTLS(arg)

    async def smtp_AUTH(self, arg: str | None) -> None:
        """Sign in by token or app password."""
        if await self.check_helo_needed():
            return
        if not self.secure:
            await self.push(replies.STARTTLS_FIRST)
        elif self.account:
            await self.push(replies.NO_IDENTITY_CHANGES)
        elif self._attempts >= ATTEMPTS:
            await self.push(replies.TRY_AGAIN_LATER)
        else:
            outcome = await sign_in(self, arg or "")
            if isinstance(outcome, Account):
                self.account = outcome
                outcome = replies.ACCEPTED
            self._attempts += outcome.code in REFUSING
            await self.push(outcome)

    async def check_auth_needed(self, caller_method: str) -> bool:
        """Refuse what needs a sign-in, and say which step is missing."""
        if self.account:
            return False
        await self.push(replies.AUTHENTICATION_REQUIRED if self.secure else replies.STARTTLS_FIRST)
        return True

    async def smtp_MAIL(self, arg: str | None) -> None:
        """Refuse paths that Gmail refuses; an empty one is a bounce's and fine."""
        if self.session.host_name and self.account:
            path = PATH.fullmatch(arg or "")
            if path is None:
                await self.push(replies.SYNTAX_ERROR)
                return
            international = "SMTPUTF8" in (path[2] or "").upper().split()
            if path[1] and not is_address(path[1], international):
                await self.push(replies.bad_sender(path[1]))
                return
        await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str | None) -> None:
        """Refuse paths that Gmail refuses; whether the recipient exists is not asked here."""
        if self.envelope.chunks is not None:
            await self.push(replies.OUT_OF_SEQUENCE)
            return
        if self.envelope.mail_from:
            path = PATH.fullmatch(arg or "")
            if path is None or not path[1]:
                await self.push(replies.SYNTAX_ERROR)
                return
            if not is_address(path[1], self.envelope.smtp_utf8):
                await self.push(replies.bad_recipient(path[1]))
                return
        await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str | None) -> None:
        """Take a message in one piece, unless it came in chunks so far (RFC 3030 section 3)."""
        if self.envelope.chunks is not None:
            await self.push(replies.OUT_OF_SEQUENCE)
        else:
            await super().smtp_DATA(arg)

    async def smtp_BDAT(self, arg: str | None) -> None:
        """Take a chunk of a message, byte for byte (RFC 3030 section 2).

        The octets follow the command whether it is welcome or not, so they are read before anything is answered.
        """
        match = CHUNK.fullmatch(arg or "")
        if match is None:
            await self.push(replies.SYNTAX_ERROR)
            return
        envelope = self.envelope
        welcome = self.account and envelope.mail_from and envelope.rcpt_tos
        room = SIZE_LIMIT - len(envelope.chunks or b"") if welcome else 0
        chunk = await read_chunk(self._reader, int(match[1]), room)
        if await self.check_helo_needed() or await self.check_auth_needed("BDAT"):
            return
        if not envelope.mail_from:
            await self.push(replies.MAIL_FIRST)
        elif not envelope.rcpt_tos:
            await self.push(replies.RCPT_FIRST)
        elif chunk is None:
            self.envelope = self._create_envelope()
            await self.push(replies.TOO_BIG)
        else:
            await self._take_chunk(envelope, chunk, last=bool(match[2]))

    async def smtp_VRFY(self, arg: str) -> None:
        """Tell nothing about anybody."""
        await self.push(replies.VERIFY)

    async def smtp_HELP(self, arg: str | None) -> None:
        """Help as Google does."""
        await self.push(replies.HELP)

    # --- what goes wrong on purpose ---

    def data_received(self, data: bytes) -> None:
        """Take bytes, or end at a byte of a message if a fault waits for it."""
        if self._faults.counts_bytes:
            had, self._arrived = self._arrived, self._arrived + len(data)
            if self._in_message and (end := self._faults.arrives(MESSAGE, self._whose(), had, self._arrived)):
                drop(end, self._writer.transport)
                return
        super().data_received(data)

    def before_message(self) -> failing.Instead | None:
        """Return what a fault has happen in place of taking the message that has arrived; None when nothing."""
        self._in_message = False
        if not self._faults.armed:
            return None
        instead = self._faults.before(MESSAGE, self._whose(), failing.words, goes_on=True)
        return None if instead is None else failing.Instead(failing.with_end(instead))

    async def _carry_out_unless_prevented(
        self, verb: str, method: Callable[[str | None], Awaitable[None]], argument: str | None
    ) -> None:
        if self._faults.armed:
            whose = failing.account_of(verb, argument or "") or self._whose()
            if await self._prevented(verb, whose):
                return
        await method(argument)

    async def _prevented(self, when: str, whose: str = "") -> bool:
        """Let a fault come before a command, or the greeting; False when it is to be carried out."""
        self._greeted = True
        instead = self._faults.before(when, whose, failing.words)
        if instead is not None:
            await self._do(failing.with_end(instead))
        return instead is not None

    async def _do(self, actions: list[Action]) -> None:
        for action in actions:
            if isinstance(action, Send):
                self.note(Party.SMTP, action.data.decode("utf-8", "backslashreplace").rstrip())
        await self._carry_out(actions)
        if ends(actions):
            # Commands that a client sent ahead are in the buffer, and aiosmtpd would still obey them.
            raise ConnectionResetError("a fault ended the connection")

    async def _carry_out(self, actions: list[Action]) -> None:
        pieces = self.variations.dice.chopped(actions) if self.variations else actions
        await carry_out(pieces, self._writer, self.world.clock)

    def _whose(self) -> str:
        return self.account.address if self.account else ""

    # --- private ---

    def _on_conversation_end(self, task: asyncio.Task[None]) -> None:
        """Report what ended the conversation, if it was a mistake, and leave no silent connection behind."""
        if not task.cancelled() and (error := task.exception()):
            self._on_failure(error)
        if self.transport is not None:
            self.transport.close()

    async def _takes_name(self, name: str | None) -> bool:
        """Return whether Gmail takes the client's name for itself; otherwise say so, which closes."""
        if name and HOST_NAME.fullmatch(name):
            return True
        await self.push(replies.bad_name(name or ""))
        return False

    def _create_envelope(self) -> Transaction:
        return Transaction()

    async def _take_chunk(self, envelope: Transaction, chunk: bytes, *, last: bool) -> None:
        envelope.take(chunk, last=last)
        reply = replies.CHUNK_TAKEN
        if last:
            reply = await self._call_handler_hook("DATA")
            self.envelope = self._create_envelope()
        await self.push(reply)

    def _note_client(self, text: str) -> None:
        self.note(Party.CLIENT, text)


def _session_id(ids: Ids) -> str:
    """Return an id such as `ay13-20020a05600c1e0d00b003974b95d897sm18665416wmb.37`."""

    def some(alphabet: str, length: int) -> str:
        return ids.text("smtp session", alphabet, length)

    head = some(ascii_lowercase, 2) + some(DIGITS, 2)
    return f"{head}-20020a{some(HEX, 26)}sm{some(DIGITS, 8)}{some(ascii_lowercase, 3)}.{some(DIGITS, 2)}"
