"""One IMAP conversation with Gmail: bytes in, actions out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from fakes import metering, sasl, wire
from fakes.actions import PIECE, Action, Send
from fakes.faults import Conversation, Where
from fakes.faults.conversation import ends
from fakes.faults.fault import GREETING
from fakes.imap import (
    capabilities,
    compression,
    failing,
    grammar,
    limiting,
    messages,
    signing_in,
)
from fakes.imap.compression import Compression
from fakes.imap.context import Context, Dialogue
from fakes.imap.fetch import quoted
from fakes.imap.rules import ALWAYS, RULES, not_parsed, refuse
from fakes.imap.values import Authenticate, Command, Fetch, Login, Noop, Request, Search, Status, Store
from fakes.journal import summary
from fakes.limits import Volume
from fakes.world import World

TOO_BIG = "BAD [TOOBIG] Message too large. https://support.google.com/mail/answer/6584#limit"
LONGEST_SHOWN = 400
"""Bytes of a literal that the journal shows as they are."""


class ImapSession:
    """One connection to the simulated imap.gmail.com.

    The shell gives what arrives to `receive`, carries out the actions, and sets `on_change` if it
    wants to be called, from whatever thread, when the session may have something to say: then, and
    when it is `due`, it calls `wake`. The session takes the world's lock itself.
    """

    def __init__(self, world: World, *, peer: str = "127.0.0.1", session_id: str | None = None) -> None:
        self.on_change: Callable[[], None] | None = None
        self._world = world
        with world.lock:
            self._context = Context(world, session_id or world.ids.session_id("imap session"), peer)
            self._faults = Conversation(world.faults, Where.IMAP)
        self._context.on_mail = self._mail_changed
        self._context.on_due = self._is_due
        self._compression: Compression | None = None
        self._wire = wire.Wire()
        self._dialogue: tuple[str, Dialogue] | None = None
        self._settled: list[Action] = []
        self._ready: list[Action] = []

    def connected(self) -> list[Action]:
        """Greet; no capabilities are in it (google.md 3.2)."""
        context = self._context
        with self._world.lock:
            if self._faults.armed and self._prevented("*", GREETING, ""):
                return self._carried()
            context.replies.untagged(f"OK Gimap ready for requests from {context.peer} {context.id}")
            if self._faults.armed:
                self._spoil()
            return self._carried()

    def receive(self, data: bytes) -> list[Action]:
        """Take bytes as they arrived, and answer what is complete.

        Commands may come in one go and ask for the same large message again and again; so after a piece of an answer
        the rest waits for the next call, which may bring no bytes. Nothing is left when it returns nothing.
        """
        with self._world.lock:
            if self._context.over:
                return []
            if not limiting.ended(self._context):
                self._read(data)
            return self._carried()

    @property
    def due(self) -> datetime | None:
        """When `wake` has to be called although nothing happened; None for never."""
        return self._context.due

    def wake(self) -> list[Action]:
        """End the session when its time is over, and tell an idling client what is new; others ask."""
        with self._world.lock:
            if not limiting.ended(self._context) and self._idles():
                messages.tell(self._context, expunge=True)
            return self._carried()

    def closed(self) -> None:
        """End the session: the connection is gone."""
        with self._world.lock:
            self._context.end()

    # --- what arrives ---

    def _read(self, data: bytes) -> None:
        """Take what the connection brought: plain bytes, or what they stand for."""
        if self._compression is None:
            self._take_in(data)
            return
        left = compression.allowance(len(data))
        try:
            for piece in self._compression.received(data):
                left -= max(0, len(piece) - self._wire.awaited)
                if left < 0:
                    raise ValueError("more than a client has to say")
                self._take_in(piece)
        except ValueError as error:
            if not self._context.over:
                self._world.note(f"the IMAP session {self._context.id} sent compressed bytes that are refused: {error}")
                self._give_up()

    def _take_in(self, data: bytes) -> None:
        """Take plain bytes, and obey what is complete."""
        limiting.heard(self._context, len(data))
        for piece in failing.lines(data) or (b"",) if self._faults.counts_bytes else (data,):
            if not self._stopped_by(piece):
                self._wire.feed(piece)
            while not self._context.over and self._context.replies.size < PIECE and self._step():
                pass

    def _step(self) -> bool:
        """Deal with the next line or command; False when more bytes are needed."""
        if self._dialogue is not None:
            return self._continue(*self._dialogue)
        match self._wire.take_command():
            case None:
                return False
            case wire.TooLong():
                self._give_up()
            case wire.LiteralAnnounced() as literal:
                self._consider(literal)
            case wire.Command() as command:
                self._obey(command)
        return True

    def _continue(self, tag: str, dialogue: Dialogue) -> bool:
        """Hand the next line to the command that waits for it."""
        line = self._wire.take_line()
        if line is None:
            return False
        if isinstance(line, wire.TooLong):
            self._give_up()
            return True
        self._dialogue = None
        self._context.drops_at = None
        went_on = isinstance(dialogue, sasl.Refused) and b" " in line
        if went_on:  # no SASL response has a blank: the client did not wait and sent its next command
            self._wire.put_back(line)
        else:
            self._context.heard(dialogue.shown(line))
        user = dialogue.user(line) if isinstance(dialogue, signing_in.Credentials) else None
        if user is None or not self._faults.armed or not self._prevented(tag, "AUTHENTICATE", user):
            self._finish(tag, dialogue.answer(line))
        return True

    def _consider(self, literal: wire.LiteralAnnounced) -> None:
        """Welcome a literal, or refuse one that is too large or should have waited."""
        tag = grammar.parse(literal.head).tag
        is_message = literal.head[len(tag) :].upper().startswith(b" APPEND ")
        context = self._context
        if is_message and context.account is not None and literal.before <= wire.LONGEST_LINE:
            allowed, refusal = capabilities.APPEND_LIMIT, TOO_BIG
        else:
            allowed, refusal = wire.LONGEST_LINE - literal.before, not_parsed(context)
        if not literal.waits:
            minus = capabilities.offered("LITERAL-", signed_in=context.account is not None)
            allowed = min(allowed, capabilities.LITERAL_MINUS if minus else -1)
        if literal.size <= allowed and is_message and (refused := limiting.refusal(context)):
            allowed, refusal = -1, refused
        if literal.size <= allowed:
            self._wire.welcome()
            if literal.waits:
                context.replies.line("+ go ahead")
        else:
            context.heard(literal.head.decode("utf-8", "backslashreplace"))
            self._wire.refuse()
            self._turn_away(tag, refusal)

    def _obey(self, command: wire.Command) -> None:
        """Carry out a complete command."""
        request = grammar.parse(command.data, utf8=self._context.utf8)
        self._context.tag = request.tag
        self._context.heard(_shown(command, request))
        if self._context.variations is not None:
            self._context.variations.turn()
        if self._faults.armed and self._fails(command, request):
            return
        states, method = RULES.get(type(request.command), (ALWAYS, refuse))
        if self._context.state not in states:
            # Before LOGIN succeeded, SELECT is an unknown command to Gmail (gmailgem/gmail#151, #275).
            self._finish(request.tag, f"BAD Unknown command {self._context.id}")
            return
        if states is not ALWAYS and (refusal := limiting.refusal(self._context)):
            self._turn_away(request.tag, refusal)
            return
        if self._context.variations is not None:
            self._vary(request.command)
        self._finish(request.tag, method(self._context, request.command), request.command)
        if self._context.compressed and self._compression is None and not self._context.over:
            self._compress()

    def _vary(self, command: Command) -> None:
        """Let the dice say what this command leaves out, and what is told besides."""
        context = self._context
        if context.variations is None:
            return
        if isinstance(command, Fetch | Search) and not context.omitted:
            context.omitted = context.variations.once
        if isinstance(command, Fetch | Search | Store | Noop | Status) and context.variations.says_more():
            messages.tell_of_another(context)

    def _is_late(self, command: Command | None) -> bool:
        """Tell whether the dice hold back until the next command what changed meanwhile."""
        variations = self._context.variations
        return variations is not None and isinstance(command, Fetch | Search | Noop | Status) and variations.is_late()

    def _turn_away(self, tag: str, refusal: str) -> None:
        """Refuse a command because of a limit; a BYE ends the session instead."""
        if refusal.startswith("BYE"):
            self._context.replies.untagged(refusal)
            self._context.end()
            self._context.replies.close()
        else:
            self._finish(tag, refusal)

    def _compress(self) -> None:
        """Let compression begin, behind what has been said (RFC 4978 section 3)."""
        if self._wire.arrived:  # who does not wait for the answer breaks the protocol and cannot be understood any more
            self._give_up()
            return
        self._ready = self._carried()
        self._compression = Compression()

    def _finish(self, tag: str, outcome: str | Dialogue, command: Command | None = None) -> None:
        """Say how a command ended, after what changed meanwhile; or note that it goes on."""
        if not isinstance(outcome, str):
            self._dialogue = (tag, outcome)
            if self._idles():
                self._context.drops_at = self._world.clock.now() + self._context.limits.idle
                if self._world.clock.runs:
                    self._is_due()
            if self._faults.armed:
                self._settled += self._context.replies.take()
            return
        by_number = isinstance(command, Fetch | Store | Search) and not command.uid
        if not self._is_late(command):
            messages.tell(self._context, expunge=not by_number)
        if self._context.limits.throttled is not None:
            outcome = limiting.completion(self._context, outcome)
        self._context.replies.line(f"{tag} {outcome}")
        if self._context.over:
            self._context.replies.close()
        if self._faults.armed:
            self._spoil()
        self._context.omitted = frozenset()

    def _give_up(self) -> None:
        """End a conversation in which no line ends."""
        self._context.replies.untagged(not_parsed(self._context))
        self._context.end()
        self._context.replies.close()

    def _carried(self) -> list[Action]:
        """Return everything that is to be done, as it goes over the connection."""
        ready, self._ready = self._ready, []
        account, clock = self._context.account, self._world.clock
        actions = metering.said(account, Volume.IMAP_DOWNLOAD, self._take(), clock)
        if self._compression is not None:
            actions = self._compression.sent(actions)
        if self._context.variations is not None:
            actions = self._context.variations.dice.chopped(actions)
        return ready + actions if ready else actions

    # --- what goes wrong on purpose ---

    def _take(self) -> list[Action]:
        """Return everything that is to be done."""
        settled, self._settled = self._settled, []
        return settled + self._context.replies.take()

    def _stopped_by(self, piece: bytes) -> bool:
        """End the conversation at a byte of this piece, if a fault waits for it."""
        if self._context.over or self._dialogue is not None or not self._faults.counts_bytes:
            return self._context.over
        before = self._wire.arrived if failing.command_of(self._wire.begun, whole=False) else 0
        when = failing.command_of(self._wire.begun + piece, whole=piece.endswith(b"\n"))
        account = self._context.account.address if self._context.account else ""
        end = self._faults.arrives(when, account, before, self._wire.arrived + len(piece))
        if end is not None:
            self._settle([*self._context.replies.take(), end])
        return end is not None

    def _fails(self, command: wire.Command, request: Request) -> bool:
        """Let a fault come before a command, or note what it is not to find; False when it is to be carried out."""
        when = failing.command_of(command.data)
        awaits_credentials = isinstance(request.command, Authenticate) and request.command.initial is None
        if not when or awaits_credentials:
            return False
        if self._prevented(request.tag, when, failing.account_of(self._context, request.command)):
            return True
        if isinstance(request.command, Fetch | Search):
            self._context.omitted = self._faults.omitted
        return False

    def _prevented(self, tag: str, when: str, account: str) -> bool:
        """Let a fault come before a command that is whole; False when the command is to be carried out."""
        self._settled += self._context.replies.take()
        instead = self._faults.before(when, account, partial(failing.words, tag))
        if instead is None:
            return False
        for action in instead:
            if isinstance(action, Send):
                self._context.said(action.data.decode("utf-8", "backslashreplace").rstrip())
        self._settle(failing.with_end(instead))
        return True

    def _spoil(self) -> None:
        """Let a fault have its way with the reply to the command that was carried out."""
        context = self._context
        reply = self._faults.after(context.replies.take(), omitted=context.has_omitted)
        context.omitted, context.has_omitted = frozenset(), False
        self._settle(reply)

    def _settle(self, actions: list[Action]) -> None:
        self._settled += actions
        if ends(actions):
            self._context.end()

    # --- what changes ---

    def _idles(self) -> bool:
        return self._dialogue is not None and isinstance(self._dialogue[1], messages.Idling)

    def _mail_changed(self) -> None:
        if self._idles():
            self._is_due()

    def _is_due(self) -> None:
        if self.on_change is not None:
            self.on_change()


def _shown(command: wire.Command, request: Request) -> str:
    """Return a command for the journal: credentials cut, literals in quotes or, when long, summarised."""
    match request.command:
        case Authenticate(mechanism, initial) if initial is not None:
            return f"{request.tag} AUTHENTICATE {mechanism} {sasl.shown(mechanism, initial)}"
        case Login(user):
            return f"{request.tag} LOGIN {quoted(user)} …"
    shown = b""
    end = 0
    for literal in command.literals:
        announcement = command.data.rindex(b"{", end, literal.start)
        content = command.data[literal]
        short = len(content) <= LONGEST_SHOWN and content.isascii() and content.decode().isprintable()
        text = quoted(content.decode()) if short else summary(content)
        shown += command.data[end:announcement] + text.encode()
        end = literal.stop
    return (shown + command.data[end:]).decode("utf-8", "backslashreplace")
