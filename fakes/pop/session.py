"""One POP3 conversation with Gmail: bytes in, actions out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from fakes import metering, sasl, wire
from fakes.actions import PIECE, Action, Send
from fakes.faults import Conversation, Where
from fakes.faults.conversation import ends
from fakes.faults.fault import GREETING
from fakes.limits import Volume
from fakes.pop import failing, grammar, limiting, replies, signing_in
from fakes.pop.context import Context, Dialogue, State
from fakes.pop.grammar import (
    Authenticate,
    BadCommand,
    Capability,
    Command,
    Delete,
    Noop,
    Password,
    Quit,
    Reset,
    Retrieve,
    Sizes,
    Stat,
    Top,
    UniqueIds,
    User,
)
from fakes.pop.maildrop import Maildrop, top, unique_id
from fakes.wire import crlf, crlf_size
from fakes.world import World

LONGEST_SHOWN = 400
"""Characters of a command that the journal keeps."""


class PopSession:
    """One connection to the simulated pop.gmail.com.

    The shell gives what arrives to `receive` and carries out the actions. It may set `on_change` to be called, from
    whatever thread, when the session may be over; then, and when it is `due`, it calls `wake`. The session takes the
    world's lock itself.
    """

    def __init__(self, world: World, *, peer: str = "127.0.0.1", session_id: str | None = None) -> None:
        self._world = world
        with world.lock:
            self._context = Context(world, session_id or world.ids.session_id("pop session"), peer)
            self._faults = Conversation(world.faults, Where.POP)
        self.on_change: Callable[[], None] | None = None
        self._context.on_due = self._is_due
        self._dice = world.unusual.session("pop") if world.unusual else None
        self._wire = wire.Wire()
        self._dialogue: Dialogue | None = None
        self._settled: list[Action] = []

    def connected(self) -> list[Action]:
        """Greet."""
        context = self._context
        with self._world.lock:
            if self._faults.armed and self._prevented(GREETING, ""):
                return self._carried()
            context.replies.line(replies.GREETING.format(peer=context.peer, session=context.id))
            self._spoil()
            return self._carried()

    @property
    def due(self) -> datetime | None:
        """When `wake` has to be called although nothing happened; None for never."""
        return self._context.due

    def wake(self) -> list[Action]:
        """End the session if its time is over."""
        with self._world.lock:
            self._ended()
            return self._carried()

    def receive(self, data: bytes) -> list[Action]:
        """Take bytes as they arrived, and answer what is complete.

        Commands may come in one go and ask for the same large message again and again; so after a piece of an answer
        the rest waits for the next call, which may bring no bytes. Nothing is left when it returns nothing.
        """
        with self._world.lock:
            if self._context.over:
                return []
            if self._ended():
                return self._carried()
            self._wire.feed(data)
            while not self._context.over and self._context.replies.size < PIECE and self._step():
                pass
            return self._carried()

    def closed(self) -> None:
        """End the session: the connection is gone, and without QUIT nothing has been fetched or deleted."""
        with self._world.lock:
            self._context.leave()

    # --- what arrives ---

    def _step(self) -> bool:
        """Deal with the next line; False when more bytes are needed."""
        line = self._wire.take_line()
        if line is None:
            return False
        if isinstance(line, wire.TooLong):
            self._finish(replies.BAD_COMMAND)
            self._context.leave()
            self._context.replies.close()
        elif self._dialogue is not None:
            self._continue(self._dialogue, line)
        else:
            self._obey(line)
        return True

    def _continue(self, dialogue: Dialogue, line: bytes) -> None:
        """Hand the line to the AUTH that waits for it."""
        self._dialogue = None
        if isinstance(dialogue, sasl.Refused) and grammar.begins_command(line):
            self._wire.put_back(line)  # the client did not know that it had to answer; its command is answered next
        else:
            self._context.heard(dialogue.shown(line))
            user = dialogue.user(line) if isinstance(dialogue, signing_in.Credentials) else None
            if user is not None and self._faults.armed and self._prevented("AUTH", user):
                return
        self._finish(dialogue.answer(line))

    def _obey(self, line: bytes) -> None:
        """Carry out a command."""
        command = grammar.parse(line)
        context = self._context
        context.heard(_shown(command, line))
        if self._faults.armed and self._fails(command, line):
            return
        states, method = RULES[type(command)]
        if context.state not in states:
            self._finish(replies.NOT_NOW)
            return
        if states is SIGNED_IN and limiting.refuses(context):
            self._finish(replies.OVER_VOLUME)
            return
        self._finish(method(context, command))

    def _finish(self, outcome: str | Dialogue | None) -> None:
        """Say how a command ended, or note that it goes on; None when all has been said."""
        if isinstance(outcome, str):
            self._context.replies.line(outcome)
        else:
            self._dialogue = outcome
        if self._context.over:
            self._context.replies.close()
        if self._dialogue is None:
            self._spoil()

    # --- limits ---

    def _ended(self) -> bool:
        """End the session whose time is over, if it is. What Gmail says then is not known; nothing is said."""
        if self._context.expired and not self._context.over:
            self._world.note(f"the POP session {self._context.id} was ended: what let it in does so no more")
            self._context.leave()
            self._context.replies.close()
        return self._context.over

    def _is_due(self) -> None:
        if self.on_change is not None:
            self.on_change()

    def _carried(self) -> list[Action]:
        """Return everything that is to be done, as it goes over the connection."""
        account, clock = self._context.account, self._world.clock
        actions = metering.said(account, Volume.POP_DOWNLOAD, self._take(), clock)
        return actions if self._dice is None else self._dice.chopped(actions)

    # --- what goes wrong on purpose ---

    def _take(self) -> list[Action]:
        """Return everything that is to be done."""
        settled, self._settled = self._settled, []
        return settled + self._context.replies.take()

    def _fails(self, command: Command, line: bytes) -> bool:
        """Let a fault come before a command; credentials that are to come are awaited first."""
        awaits_credentials = isinstance(command, Authenticate) and command.initial is None
        when = failing.command_of(line)
        return (
            bool(when) and not awaits_credentials and self._prevented(when, failing.account_of(self._context, command))
        )

    def _prevented(self, when: str, account: str) -> bool:
        """Let a fault come before what is whole now; False when it is to be carried out."""
        self._settled += self._context.replies.take()
        instead = self._faults.before(when, account, failing.words)
        if instead is None:
            return False
        for action in instead:
            if isinstance(action, Send):
                self._context.said(action.data.decode("utf-8", "backslashreplace").rstrip())
        self._settle(instead)
        return True

    def _spoil(self) -> None:
        """Let a fault have its way with the reply to what was carried out."""
        if self._faults.armed:
            self._settle(self._faults.after(self._context.replies.take()))

    def _settle(self, actions: list[Action]) -> None:
        self._settled += actions
        if ends(actions):
            self._context.leave()


# --- the commands -----------------------------------------------------------------------------


def _capability(context: Context, _: Capability) -> None:
    signed_in = context.account is not None
    capabilities = replies.SIGNED_IN_CAPABILITIES if signed_in else replies.SIGNED_OUT_CAPABILITIES
    context.replies.lines(replies.CAPABILITIES_FOLLOW, list(capabilities))


def _noop(_: Context, __: Noop) -> str:
    return replies.OK


def _quit(context: Context, _: Quit) -> str:
    """Enter the UPDATE state: only now does anything become of what was fetched or deleted."""
    if context.maildrop is not None and context.account is not None and (count := context.maildrop.update()):
        kept = context.account.popping.disposition.value
        context.world.note(f"{count} messages of {context.account.address} were fetched by POP: {kept}")
    context.leave()
    return replies.FAREWELL


def _bad(context: Context, command: BadCommand) -> str:
    if command.unimitated:
        context.not_imitated(command.unimitated)
    return replies.BAD_COMMAND


def _about_mail(method: Callable[[Context, Maildrop, Any], str | None]) -> Callable[[Context, Any], str | None]:
    """Let a command see the maildrop; where POP is off, every such command hears that."""

    def carry_out(context: Context, command: Command) -> str | None:
        if context.maildrop is None:
            return context.closed
        return method(context, context.maildrop, command)

    return carry_out


def _stat(_: Context, maildrop: Maildrop, __: Stat) -> str:
    sizes = maildrop.sizes()
    return f"+OK {len(sizes)} {sum(size for _, size in sizes)}"


def _sizes(context: Context, maildrop: Maildrop, command: Sizes) -> str | None:
    if command.number is not None:
        message = maildrop.message(command.number)
        return f"+OK {command.number} {crlf_size(message.raw)}" if message else replies.NO_SUCH_MESSAGE
    sizes = maildrop.sizes()
    total = sum(size for _, size in sizes)
    context.replies.lines(f"+OK {len(sizes)} messages ({total} bytes)", [f"{number} {size}" for number, size in sizes])
    return None


def _unique_ids(context: Context, maildrop: Maildrop, command: UniqueIds) -> str | None:
    if command.number is not None:
        message = maildrop.message(command.number)
        return f"+OK {command.number} {unique_id(message)}" if message else replies.NO_SUCH_MESSAGE
    context.replies.lines(replies.OK, [f"{number} {known}" for number, known in maildrop.unique_ids()])
    return None


def _retrieve(context: Context, maildrop: Maildrop, command: Retrieve) -> str | None:
    message = maildrop.message(command.number)
    if message is None:
        return replies.NO_SUCH_MESSAGE
    maildrop.fetched(command.number)
    context.replies.message(crlf(message.raw))
    return None


def _top(context: Context, maildrop: Maildrop, command: Top) -> str | None:
    """Show the beginning; that is no fetch, however many lines the client wants [recall]."""
    message = maildrop.message(command.number)
    if message is None:
        return replies.NO_SUCH_MESSAGE
    context.replies.message(top(message.raw, command.lines))
    return None


def _delete(_: Context, maildrop: Maildrop, command: Delete) -> str:
    if maildrop.message(command.number) is None:
        return replies.NO_SUCH_MESSAGE
    maildrop.delete(command.number)
    return replies.OK


def _reset(_: Context, maildrop: Maildrop, __: Reset) -> str:
    maildrop.reset()
    return replies.OK


Method = Callable[[Context, Any], "str | Dialogue | None"]

ALWAYS = frozenset({State.AUTHORIZATION, State.TRANSACTION})
SIGNED_OUT = frozenset({State.AUTHORIZATION})
SIGNED_IN = frozenset({State.TRANSACTION})

RULES: Mapping[type[Command], tuple[frozenset[State], Method]] = MappingProxyType(
    {
        Capability: (ALWAYS, _capability),
        Quit: (ALWAYS, _quit),
        BadCommand: (ALWAYS, _bad),
        User: (SIGNED_OUT, signing_in.user),
        Password: (SIGNED_OUT, signing_in.password),
        Authenticate: (SIGNED_OUT, signing_in.authenticate),
        Noop: (SIGNED_IN, _noop),
        Stat: (SIGNED_IN, _about_mail(_stat)),
        Sizes: (SIGNED_IN, _about_mail(_sizes)),
        UniqueIds: (SIGNED_IN, _about_mail(_unique_ids)),
        Retrieve: (SIGNED_IN, _about_mail(_retrieve)),
        Top: (SIGNED_IN, _about_mail(_top)),
        Delete: (SIGNED_IN, _about_mail(_delete)),
        Reset: (SIGNED_IN, _about_mail(_reset)),
    }
)
"""Which states allow a command (RFC 1939 sections 4 to 6), and who carries it out."""


def _shown(command: Command, line: bytes) -> str:
    """Return a command for the journal, credentials cut."""
    match command:
        case Password():
            return "PASS …"
        case Authenticate(mechanism, initial) if initial is not None:
            return f"AUTH {mechanism} {sasl.shown(mechanism, initial)}"
        case BadCommand() if line.lstrip()[:4].upper() in (b"PASS", b"AUTH"):
            return f"{line.lstrip()[:4].decode()} … ({len(line)} bytes that are no command)"
    return line[:LONGEST_SHOWN].decode("utf-8", "backslashreplace")
