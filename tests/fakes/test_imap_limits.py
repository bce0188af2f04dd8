"""How long IMAP sessions last, and what accounts that have used too much are told (google.md 3.4; 7.3, rows 65 ff.)."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.accounts import Account
from fakes.actions import Action, Stall
from fakes.imap.session import ImapSession
from fakes.limits import Limits, OverVolume, Volume
from fakes.world import World

ALICE = "alice@contoso.com"
RAW = b"Subject: hello\r\n\r\nhello\r\n"
EXPIRED = "* BYE Session expired, please login again.\r\n(closes)\r\n"
TOO_MANY = "NO [ALERT] Too many simultaneous connections. (Failure)"
OVERQUOTA = "NO [OVERQUOTA] Account exceeded command or bandwidth limits. (Failure)"

OpenImap = Callable[[World], ImapSession]
Talk = Callable[..., None]
Said = Callable[[Iterable[Action]], str]
AccessToken = Callable[..., str]


def xoauth2(token: str) -> bytes:
    """Return the command that signs Alice in."""
    return (
        b"a AUTHENTICATE XOAUTH2 " + base64.b64encode(f"user={ALICE}\x01auth=Bearer {token}\x01\x01".encode()) + b"\r\n"
    )


def attempt(world: World, token: str, said: Said) -> tuple[ImapSession, str]:
    """Return a session and what its sign-in was answered."""
    session = ImapSession(world)
    session.connected()
    return session, said(session.receive(xoauth2(token)))


# --- row 65 ---


@pytest.mark.parametrize("allowed", [pytest.param(15, id="row-65"), pytest.param(2, id="row-65-fewer")])
def test_one_connection_too_many_is_refused(
    world: World, alice: Account, access_token: AccessToken, said: Said, allowed: int
) -> None:
    """In answer to AUTHENTICATE, without a challenge; whoever leaves makes room."""
    alice.limits = Limits(imap_connections=allowed)
    token = access_token(world)
    sessions = [attempt(world, token, said) for _ in range(allowed)]
    assert all(answer.endswith("authenticated (Success)\r\n") for _, answer in sessions)

    one_more, answer = attempt(world, token, said)

    assert answer == f"a {TOO_MANY}\r\n"
    assert len(world.visits.of(ALICE, "imap")) == allowed
    sessions[0][0].receive(b"b LOGOUT\r\n")
    sessions[1][0].closed()
    assert said(one_more.receive(xoauth2(token))).endswith("a OK alice@contoso.com authenticated (Success)\r\n")
    assert len(world.visits.of(ALICE, "imap")) == allowed - 1


# --- row 66 ---


@pytest.mark.parametrize("row", [pytest.param(66, id="row-66")])
def test_an_account_over_its_volume_is_shut_out_for_a_day(
    imap: ImapSession, alice: Account, world: World, access_token: AccessToken, said: Said, row: int
) -> None:
    """Commands and sign-ins are refused; LOGOUT and the like are not."""
    world.deliver(ALICE, RAW)
    imap.receive(b"a SELECT INBOX\r\n")
    alice.limits = replace(alice.limits, imap_download=alice.usage.used[Volume.IMAP_DOWNLOAD] + 10)
    assert said(imap.receive(b"b FETCH 1 BODY.PEEK[]\r\n")).endswith("b OK Success\r\n")

    assert said(imap.receive(b"c FETCH 1 BODY.PEEK[]\r\n")) == f"c {OVERQUOTA}\r\n"
    assert said(imap.receive(b"d NOOP\r\n")) == "d OK Success\r\n"
    assert attempt(world, access_token(world), said)[1] == f"a {OVERQUOTA}\r\n"

    world.clock.advance(timedelta(hours=24))
    assert attempt(world, access_token(world), said)[1].endswith("authenticated (Success)\r\n")
    assert alice.usage.used[Volume.IMAP_UPLOAD] == 0


@pytest.mark.parametrize("row", [pytest.param(66, id="row-66-upload")])
def test_an_upload_over_the_volume_is_not_even_welcome(imap: ImapSession, alice: Account, said: Said, row: int) -> None:
    """The message that goes over is taken whole, the next is refused before its bytes."""
    alice.limits = Limits(imap_upload=100)
    append = b"APPEND INBOX {%d}\r\n" % len(RAW)
    imap.receive(b"a " + append)
    imap.receive(RAW + b"\r\n")
    imap.receive(b"b NOOP" + b" " * 80 + b"\r\n")

    assert said(imap.receive(b"c " + append)) == f"c {OVERQUOTA}\r\n"

    assert len(list(alice.mail.messages())) == 1
    alice.usage.reset()
    assert said(imap.receive(b"d " + append)) == "+ go ahead\r\n"


@pytest.mark.parametrize("row", [pytest.param(66, id="row-66-session-expired")])
def test_being_over_the_volume_may_look_like_an_old_session(
    imap: ImapSession, alice: Account, said: Said, row: int
) -> None:
    """The connection ends at the next command about mail."""
    alice.limits = Limits(imap_download=10, over_volume=OverVolume.EXPIRED)
    imap.receive(b"a NAMESPACE\r\n")

    assert said(imap.receive(b"b NAMESPACE\r\n")) == EXPIRED


def test_such_a_session_ends_before_a_message_comes(imap: ImapSession, alice: Account, said: Said) -> None:
    """The literal is not awaited."""
    alice.limits = Limits(imap_upload=20, over_volume=OverVolume.EXPIRED)
    imap.receive(b"a NAMESPACE\r\n")

    assert said(imap.receive(b"b APPEND INBOX {3}\r\n")) == EXPIRED


@pytest.mark.parametrize("row", [pytest.param(66, id="row-66-slow")])
def test_being_over_the_volume_may_be_slowness(imap: ImapSession, alice: Account, row: int) -> None:
    """A KiB takes a second of the world's time."""
    alice.limits = Limits(imap_download=10, over_volume=OverVolume.SLOW)
    imap.receive(b"a NAMESPACE\r\n")

    stall, send = imap.receive(b"b NAMESPACE\r\n")

    assert stall == Stall(timedelta(seconds=len(send.data) / 1024))  # type: ignore[union-attr]  # or the test fails


# --- row 67 ---


@pytest.mark.parametrize("command", [pytest.param(b"", id="row-67"), pytest.param(b"b IDLE\r\n", id="row-67-in-idle")])
def test_a_session_ends_with_its_token(imap: ImapSession, world: World, said: Said, command: bytes) -> None:
    """Whoever carries it is called when the clock moves; nothing has to arrive for the good-bye."""
    calls: list[str] = []
    world.clock.advance(timedelta(minutes=55))
    imap.on_change = lambda: calls.append("due")
    imap.receive(command)
    assert imap.due == world.clock.now() + timedelta(seconds=299)
    assert imap.wake() == []

    world.clock.advance(timedelta(seconds=299))

    assert calls == ["due"]
    assert said(imap.wake()) == EXPIRED
    assert imap.due is None
    assert world.visits.of(ALICE, "imap") == []


@pytest.mark.parametrize("row", [pytest.param(67, id="row-67-next-command")])
def test_the_command_after_the_end_is_not_carried_out(imap: ImapSession, world: World, said: Said, row: int) -> None:
    """It only learns that it came too late."""
    world.clock.advance(timedelta(hours=1))

    assert said(imap.receive(b"b CREATE Late\r\n")) == EXPIRED
    assert imap.receive(b"c NOOP\r\n") == []


def test_a_session_by_password_lasts_for_a_day(world: World, alice: Account, said: Said) -> None:
    """About 24 hours, whatever becomes of any token."""
    password = world.set_app_password(ALICE)
    session = ImapSession(world)
    session.receive(f"a LOGIN {ALICE} {password}\r\n".encode())
    world.clock.advance(timedelta(hours=23, minutes=59))
    assert said(session.receive(b"b NOOP\r\n")) == "b OK Success\r\n"

    world.clock.advance(timedelta(minutes=1))

    assert said(session.wake()) == EXPIRED


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda world: world.grants.revoke_account(ALICE, "100000000000-test"), id="app-removed"),
        pytest.param(lambda world: world.suspend_account(ALICE), id="suspended"),
        pytest.param(lambda world: world.delete_account(ALICE), id="deleted"),
        pytest.param(lambda world: world.switch_gmail(ALICE, on=False), id="no-gmail"),
    ],
)
def test_a_session_ends_with_the_right_to_be_here(
    imap: ImapSession, world: World, said: Said, change: Callable[[World], object]
) -> None:
    """It is called at once, while it idles."""
    calls: list[str] = []
    imap.receive(b"b IDLE\r\n")
    imap.on_change = lambda: calls.append("due")

    change(world)

    assert calls[:1] == ["due"]
    assert said(imap.wake()) == EXPIRED


def test_a_change_of_password_ends_sessions_by_app_password_alone(imap: ImapSession, world: World, said: Said) -> None:
    """App passwords die with it; access tokens live on until their hour is over (google.md 2.8)."""
    by_password = ImapSession(world)
    by_password.receive(f"a LOGIN {ALICE} {world.set_app_password(ALICE)}\r\n".encode())

    world.change_password(ALICE, "hunter3")

    assert said(by_password.wake()) == EXPIRED
    assert imap.wake() == []


def test_google_may_forget_to_end_a_session(world: World, alice: Account, open_imap: OpenImap, said: Said) -> None:
    """Somebody saw two hours."""
    alice.limits = Limits(token_ends_session=False)
    session = open_imap(world)

    world.clock.advance(timedelta(hours=2))

    assert said(session.receive(b"b NOOP\r\n")) == "b OK Success\r\n"


# --- row 68 ---


@pytest.mark.parametrize("row", [pytest.param(68, id="row-68")])
def test_an_idle_that_is_not_begun_anew_dies_in_silence(imap: ImapSession, world: World, said: Said, row: int) -> None:
    """After ten minutes; a client that comes back every nine stays."""
    for _ in range(3):
        imap.receive(b"a IDLE\r\n")
        world.clock.advance(timedelta(minutes=9))
        assert said(imap.receive(b"DONE\r\n")) == "a OK IDLE terminated (Success)\r\n"
    imap.receive(b"a IDLE\r\n")

    world.clock.advance(timedelta(minutes=10))

    assert said(imap.wake()) == "(closes)\r\n"


# --- row 80 ---


@pytest.mark.parametrize("row", [pytest.param(80, id="row-80")])
def test_a_throttled_account_is_told_so_and_waits(imap: ImapSession, alice: Account, said: Said, row: int) -> None:
    """Every command takes its time."""
    alice.limits = Limits(throttled=timedelta(seconds=5))

    assert said(imap.receive(b"a NOOP\r\n")) == "(stalls 5 s)\r\na OK Success [THROTTLED]\r\n"
    alice.limits = Limits(throttled=timedelta(0))
    assert said(imap.receive(b"b NOOP\r\n")) == "b OK Success [THROTTLED]\r\n"


# --- as data ---


def test_limits_cannot_be_less_than_nothing() -> None:
    """Neither numbers nor times."""
    with pytest.raises(ValueError, match="imap_connections cannot be less than nothing: -1"):
        Limits(imap_connections=-1)
    with pytest.raises(ValueError, match="idle cannot be less than nothing"):
        Limits(idle=timedelta(seconds=-1))


@given(
    limits=st.builds(
        Limits,
        imap_connections=st.integers(0, 4),
        imap_download=st.integers(0, 4000),
        imap_upload=st.integers(0, 2000),
        over_volume=st.sampled_from(OverVolume),
        storage=st.integers(0, 300),
        throttled=st.sampled_from([None, timedelta(0)]),
    ),
    steps=st.lists(
        st.tuples(st.sampled_from(["open", "append", "fetch", "logout", "hour", "deliver"]), st.integers(0, 9))
    ),
)
def test_no_limit_loses_mail(
    limits: Limits, steps: list[tuple[str, int]], access_token: AccessToken, said: Said
) -> None:
    """What was accepted is there with its bytes, and never are more sessions open than the account may have."""
    world = World()
    alice = world.add_account(ALICE)
    alice.limits = limits
    sessions: list[ImapSession] = []
    accepted: list[bytes] = []

    for number, (step, which) in enumerate(steps):
        session = sessions[which % len(sessions)] if sessions else None
        raw = b"Subject: %d\r\nMessage-ID: <%d@contoso.com>\r\n\r\nhello\r\n" % (number, number)
        match step:
            case "open":
                opened, answer = attempt(world, access_token(world), said)
                sessions += [opened] if "authenticated" in answer else []
                assert "authenticated" in answer or TOO_MANY in answer or OVERQUOTA in answer
            case "append" if session:
                if said(session.receive(b"b APPEND INBOX {%d}\r\n" % len(raw))).endswith("+ go ahead\r\n"):
                    accepted += [raw] if "b OK [APPENDUID" in said(session.receive(raw + b"\r\n")) else []
            case "fetch" if session:
                session.receive(b"c SELECT INBOX\r\nd FETCH 1:* BODY.PEEK[]\r\n")
            case "logout" if session:
                session.receive(b"e LOGOUT\r\n")
            case "hour":
                world.clock.advance(timedelta(minutes=20))
            case "deliver":
                world.deliver(ALICE, raw)
                accepted.append(raw)
        assert len(world.visits.of(ALICE, "imap")) <= limits.imap_connections

    assert sorted(message.raw for message in alice.mail.messages()) == sorted(accepted)
