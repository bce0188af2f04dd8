"""How long POP sessions last, and what an account over its daily volume is told (google.md 3.4, 4.2, 4.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta

import pytest

from fakes.accounts import Account
from fakes.actions import Action, Stall
from fakes.limits import Limits, OverVolume, Volume
from fakes.pop.session import PopSession
from fakes.world import World

ALICE = "alice@contoso.com"
OVER = "-ERR [AUTH] Account exceeded pop command or bandwidth limits (Failure)\r\n"
OpenPop = Callable[..., PopSession]
Said = Callable[[Iterable[Action]], str]


@pytest.fixture
def alice(world: World) -> Account:
    """Return Alice's account, with one message that POP offers."""
    account = world.add_account(ALICE, pop=True)
    world.deliver(ALICE, b"Subject: hello\r\n\r\nhello\r\n")
    return account


def test_a_session_ends_with_its_token(world: World, alice: Account, open_pop: OpenPop, said: Said) -> None:
    """Without a word, since Google's are not known; the mailbox is free for another."""
    session = open_pop(world)
    calls: list[str] = []
    session.on_change = lambda: calls.append("due")
    session.receive(b"RETR 1\r\n")
    assert session.wake() == []

    world.clock.advance(timedelta(seconds=3599))

    assert calls == ["due"]
    assert said(session.wake()) == "(closes)\r\n"
    assert session.receive(b"QUIT\r\n") == []
    assert said(open_pop(world).receive(b"STAT\r\n")).startswith("+OK 1 ")


def test_a_session_by_password_lasts_for_a_week(world: World, alice: Account, said: Said) -> None:
    """And dies with the app password before."""
    sessions = [PopSession(world) for _ in range(2)]
    password = world.set_app_password(ALICE)
    sessions[0].receive(f"USER {ALICE}\r\nPASS {password}\r\n".encode())
    assert sessions[0].due == world.clock.now() + timedelta(days=7)

    world.change_password(ALICE)

    assert said(sessions[0].receive(b"STAT\r\n")) == "(closes)\r\n"


def test_the_daily_volume_shuts_pop_and_not_imap(world: World, alice: Account, open_pop: OpenPop, said: Said) -> None:
    """Commands about mail and sign-ins are refused for a day."""
    session = open_pop(world)
    alice.limits = Limits(pop_download=20)
    assert said(session.receive(b"RETR 1\r\n")).startswith("+OK message follows\r\n")

    assert said(session.receive(b"STAT\r\n")) == OVER
    assert said(session.receive(b"QUIT\r\n")) == "+OK Farewell.\r\n(closes)\r\n"
    password = world.set_app_password(ALICE)
    another = PopSession(world)
    assert said(another.receive(f"USER {ALICE}\r\nPASS {password}\r\n".encode())) == f"+OK send PASS\r\n{OVER}"
    assert not alice.usage.is_shut("imap", world.clock.now())
    world.clock.advance(timedelta(days=1))
    open_pop(world)
    assert alice.usage.used[Volume.POP_DOWNLOAD] < 20


def test_being_over_the_volume_may_be_slowness(world: World, alice: Account, open_pop: OpenPop) -> None:
    """A KiB takes a second of the world's time."""
    session = open_pop(world)
    alice.limits = Limits(pop_download=3, over_volume=OverVolume.SLOW)
    session.receive(b"NOOP\r\n")

    assert session.receive(b"NOOP\r\n")[0] == Stall(timedelta(seconds=5 / 1024))
