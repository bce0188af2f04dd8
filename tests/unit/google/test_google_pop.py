from __future__ import annotations

import base64
import threading
import tracemalloc
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmailsync.errors import (
    ConnectFailed,
    ConnectionLost,
    GmailSyncError,
    PopDisabled,
    PopError,
    PopInUse,
    PopTooSoon,
    Retry,
    Throttled,
    TokenRefused,
)
from gmailsync.google.connector import GmailConnector
from gmailsync.google.network import Network, Timeouts
from gmailsync.google.pop import read_text
from gmailsync.google.pop_refusals import refused
from gmailsync.model.maildrop import Offered
from gmailsync.model.profile import Endpoint
from gmailsync.model.secret import Secret

POP = Endpoint("pop.gmail.com", 995)
ALICE = "alice@contoso.com"
TOKEN = Secret("ya29.a0AZYkNZh-the-access-token")
CHALLENGE = "eyJzdGF0dXMiOiI0MDAiLCJzY2hlbWVzIjoiQmVhcmVyIiwic2NvcGUiOiJodHRwczovL21haWwuZ29vZ2xlLmNvbS8ifQ=="

Scripted = Any  # the fixture of conftest.py


def sasl(user: str = ALICE) -> str:
    return base64.b64encode(f"user={user}\x01auth=Bearer {TOKEN.reveal()}\x01\x01".encode()).decode()


GREETING = "S: +OK Gpop ready for requests from 203.0.113.7 hv19mb95710270qab"
AUTH = f"C: AUTH XOAUTH2 {sasl()}\nS: +OK Welcome."
CAPA = """
C: CAPA
S: +OK Capability list follows
S: USER
S: RESP-CODES
S: PIPELINING
S: EXPIRE 0
S: LOGIN-DELAY 300
S: TOP
S: UIDL
S: X-GOOGLE-RICO
S: .
"""
QUIT = "C: QUIT\nS: +OK Farewell."


def talk(*parts: str) -> str:
    """Put a script together."""
    return "\n".join(part.strip("\n") for part in parts)


SIGNED_IN = talk(GREETING, AUTH, CAPA)


def speaking(scripted: Scripted, *parts: str, timeouts: Timeouts | None = None) -> GmailConnector:
    """Give a connector to a server that plays `parts` after the sign-in."""
    network = scripted(POP, talk(SIGNED_IN, *parts))
    return GmailConnector(network, timeouts) if timeouts else GmailConnector(network)


# --- Connecting and signing in ---------------------------------------------------------------


def test_the_greeting_is_told_without_signing_in(scripted: Scripted) -> None:
    """TLS from the first byte, one line, and QUIT."""
    connector = GmailConnector(scripted(POP, talk(GREETING, QUIT)))

    assert connector.pop_greeting(POP) == "Gpop ready for requests from 203.0.113.7 hv19mb95710270qab"


def test_recent_stands_in_front_of_the_user_name(scripted: Scripted) -> None:
    """Which is how Gmail is asked for the last 30 days, whoever fetched them."""
    recent = f"C: AUTH XOAUTH2 {sasl('recent:' + ALICE)}\nS: +OK Welcome."
    connector = GmailConnector(scripted(POP, talk(GREETING, recent, CAPA, QUIT)))

    with connector.pop(POP, ALICE, TOKEN, recent=True) as drop:
        assert drop.lets_go_of_what_was_read


def test_a_refused_token_is_told_after_the_challenge(scripted: Scripted) -> None:
    """Gmail says why in base64, wants an empty line, and only then refuses."""
    refusal = "S: -ERR [AUTH] Username and password not accepted."
    script = talk(GREETING, f"C: AUTH XOAUTH2 {sasl()}\nS: + {CHALLENGE}", "C: ", refusal)
    connector = GmailConnector(scripted(POP, script))

    with pytest.raises(TokenRefused) as caught, connector.pop(POP, ALICE, TOKEN):
        pass

    assert caught.value.server_line == "-ERR [AUTH] Username and password not accepted."
    assert TOKEN.reveal() not in str(caught.value)


def test_another_server_need_not_know_capa(scripted: Scripted) -> None:
    """Then nothing is taken for granted: one command at a time, and no forgetting of what was read."""
    script = """
        C: CAPA
        S: -ERR unknown command
        C: RETR 1
        S: +OK
        S: one
        S: .
        C: RETR 2
        S: +OK
        S: two
        S: .
    """
    steps = talk(*(line.strip() for line in script.strip().splitlines()))
    connector = GmailConnector(scripted(POP, talk(GREETING, AUTH, steps, QUIT)))

    with connector.pop(POP, ALICE, TOKEN) as drop:
        assert not drop.lets_go_of_what_was_read
        assert list(drop.retrieve([1, 2])) == [(1, b"one\r\n"), (2, b"two\r\n")]


def test_a_server_that_is_not_there(scripted: Scripted) -> None:
    """A port where nobody listens is named."""
    network = Network(hosts={str(POP): "127.0.0.1:9"}, ca_file=scripted(POP, talk(GREETING, QUIT)).ca_file)
    GmailConnector(Network(hosts={str(POP): scripted.server.address}, ca_file=network.ca_file)).pop_greeting(POP)

    with pytest.raises(ConnectFailed, match=r"pop\.gmail\.com:995"):
        GmailConnector(network).pop_greeting(POP)


# --- Reading ---------------------------------------------------------------------------------


def test_the_listing_joins_unique_ids_and_sizes(scripted: Scripted) -> None:
    """STAT, UIDL and LIST."""
    script = """
        C: STAT
        S: +OK 2 15
        C: UIDL
        S: +OK
        S: 1 GmailId12f79852626270cc
        S: 2 GmailId12f79852626270cd
        S: .
        C: LIST
        S: +OK 2 messages (15 bytes)
        S: 1 7
        S: 2 8
        S: .
    """
    connector = speaking(scripted, *(line.strip() for line in script.strip().splitlines()), QUIT)

    with connector.pop(POP, ALICE, TOKEN) as drop:
        listed = drop.listing()

    assert listed == [Offered(1, "GmailId12f79852626270cc", 7), Offered(2, "GmailId12f79852626270cd", 8)]


def test_an_empty_mailbox_takes_one_question(scripted: Scripted) -> None:
    """STAT says it all."""
    connector = speaking(scripted, "C: STAT\nS: +OK 0 0", QUIT)

    with connector.pop(POP, ALICE, TOKEN) as drop:
        assert drop.listing() == []


def test_pop_that_is_off_is_told_by_the_first_command(scripted: Scripted) -> None:
    """Gmail lets the client in and refuses STAT."""
    off = "-ERR [SYS/PERM] Your account is not enabled for POP access. Please visit your Gmail settings page and enable"
    connector = speaking(scripted, f"C: STAT\nS: {off} your account for POP access.")

    with (
        pytest.raises(PopDisabled, match="turned off in the Gmail settings of alice"),
        connector.pop(POP, ALICE, TOKEN) as drop,
    ):
        drop.listing()


@pytest.mark.parametrize(("wire", "raw"), [("S: ..\nS: ..x\nS: x.\nS: ", b".\r\n.x\r\nx.\r\n\r\n"), ("", b"")])
def test_messages_are_exact(scripted: Scripted, wire: str, raw: bytes) -> None:
    """Doubled dots are single again, and nothing else changes."""
    connector = speaking(scripted, "C: RETR 1\nS: +OK message follows", wire, "S: .", QUIT)

    with connector.pop(POP, ALICE, TOKEN) as drop:
        assert list(drop.retrieve([1])) == [(1, raw)]


@given(st.lists(st.sampled_from([b".", b"\r", b"\n", b"\r\n", b"x", b"\r\n.", b"y" * 65_535]), max_size=12))
def test_any_text_comes_out_as_it_went_in(parts: list[bytes]) -> None:
    """Bare CR and LF, dots wherever they are, and lines longer than what is read at once."""
    raw = b"".join(parts) + b"\r\n"
    stuffed = (b"." if raw.startswith(b".") else b"") + raw.replace(b"\r\n.", b"\r\n..")

    assert read_text(BytesIO(stuffed + b".\r\n+OK the next answer\r\n")) == raw


def test_a_line_of_a_megabyte_is_a_line() -> None:
    """The stdlib would stop at 2,048 octets."""
    raw = b"x" * 1_000_000 + b"\r\n"

    assert read_text(BytesIO(raw + b".\r\n")) == raw


def test_a_large_message_is_held_once() -> None:
    """The buffer that gathers it is given away, not copied."""
    line = b"x" * 998 + b"\r\n"
    wire = BytesIO(line * 20_000 + b".\r\n")
    tracemalloc.start()
    size = len(read_text(wire))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert size == 20_000_000
    assert peak < 1.3 * size


def test_one_refusal_leaves_the_other_messages(scripted: Scripted) -> None:
    """The commands go out together; the message that is not handed over is named in its place."""
    script = """
        C: RETR 1
        C: RETR 2
        S: -ERR [SYS/TEMP] Temporary system problem. Please try again later.
        S: +OK message follows
        S: two
        S: .
    """
    connector = speaking(scripted, *(line.strip() for line in script.strip().splitlines()), QUIT)

    with connector.pop(POP, ALICE, TOKEN) as drop:
        (first, error), second = drop.retrieve([1, 2])

    assert (first, second) == (1, (2, b"two\r\n"))
    assert isinstance(error, PopError)
    assert error.server_line.startswith("-ERR [SYS/TEMP]")


def test_a_shut_out_account_ends_the_reading(scripted: Scripted) -> None:
    """That is not about one message; and no QUIT lets go of what was read."""
    line = "-ERR [AUTH] Account exceeded pop command or bandwidth limits (Failure)"
    connector = speaking(scripted, f"C: RETR 1\nS: {line}\nHANG")

    with pytest.raises(Throttled), connector.pop(POP, ALICE, TOKEN) as drop:
        list(drop.retrieve([1]))

    assert b"QUIT" not in scripted.server.heard


def test_the_header_alone_is_read_by_top(scripted: Scripted) -> None:
    """Which is no fetch to Gmail."""
    connector = speaking(scripted, "C: TOP 3 0\nS: +OK message follows\nS: Subject: x\nS: \nS: .", QUIT)

    with connector.pop(POP, ALICE, TOKEN) as drop:
        assert drop.top(3) == b"Subject: x\r\n\r\n"


def test_messages_are_deleted_by_number(scripted: Scripted) -> None:
    """One DELE each, and the QUIT that makes it true."""
    connector = speaking(scripted, "C: DELE 1\nS: +OK\nC: DELE 4\nS: +OK", QUIT)

    with connector.pop(POP, ALICE, TOKEN) as drop:
        drop.delete([1, 4])


# --- Trouble ---------------------------------------------------------------------------------


def test_a_message_cut_short_is_no_message(scripted: Scripted) -> None:
    """Without the line of one dot the connection broke off, whatever came before."""
    connector = speaking(scripted, "C: RETR 1\nS: +OK message follows\nS: Subject: x")

    with pytest.raises(ConnectionLost, match="broke off"), connector.pop(POP, ALICE, TOKEN) as drop:
        list(drop.retrieve([1]))


def test_a_quit_without_answer_is_no_trouble(scripted: Scripted) -> None:
    """What was read is stored by then, and known if it is shown again."""
    connector = speaking(scripted, "C: QUIT")

    with connector.pop(POP, ALICE, TOKEN):
        pass


def test_nothing_is_let_go_of_after_an_error(scripted: Scripted) -> None:
    """Whatever the caller stumbles over, QUIT is not said."""
    connector = speaking(scripted, "HANG")

    with pytest.raises(KeyError), connector.pop(POP, ALICE, TOKEN):
        raise KeyError

    assert b"QUIT" not in scripted.server.heard


def test_silence_ends_by_time(scripted: Scripted, impatient: Timeouts) -> None:
    """A server that says nothing is left."""
    connector = speaking(scripted, "C: STAT\nHANG", timeouts=impatient)

    with pytest.raises(ConnectionLost, match="fell silent"), connector.pop(POP, ALICE, TOKEN) as drop:
        drop.listing()


def test_hanging_up_ends_a_call_under_way(scripted: Scripted) -> None:
    """From another thread, at once, although the server is silent."""
    connector = speaking(scripted, "HANG")

    with connector.pop(POP, ALICE, TOKEN) as drop:
        threading.Thread(target=drop.hang_up).start()
        with pytest.raises(ConnectionLost):
            drop.listing()


@pytest.mark.parametrize("answers", ["S: * OK hello", "S: +OK 1 7\nC: UIDL\nS: +OK\nS: one\nS: .", "S: " + "x" * 9000])
def test_what_is_not_pop_is_refused(scripted: Scripted, answers: str) -> None:
    """Nothing is made of it."""
    connector = speaking(scripted, "C: STAT", answers, "HANG")

    with pytest.raises(PopError, match="not POP"), connector.pop(POP, ALICE, TOKEN) as drop:
        drop.listing()


REFUSALS: list[tuple[str, type[GmailSyncError], Retry]] = [
    ("-ERR [AUTH] Username and password not accepted.", TokenRefused, Retry.NEVER),
    ("-ERR [AUTH] Web login required: https://support.google.com/mail/answer/78754", PopError, Retry.LATER),
    (
        "-ERR [SYS/PERM] POP access is disabled for your domain. Please contact your domain administrator.",
        PopDisabled,
        Retry.NEVER,
    ),
    ("-ERR [SYS/TEMP] Temporary system problem. Please try again later.", PopError, Retry.LATER),
    ("-ERR [IN-USE] Unable to lock maildrop: mailbox is locked by another POP session", PopInUse, Retry.LATER),
    ("-ERR [AUTH] Account exceeded pop command or bandwidth limits (Failure)", Throttled, Retry.LATER),
    ("-ERR [LOGIN-DELAY] Minimum time between logins not met", PopTooSoon, Retry.LATER),
    ("-ERR bad command", PopError, Retry.LATER),
]


@pytest.mark.parametrize(("line", "meaning", "retry"), REFUSALS, ids=[line[5:25] for line, _, _ in REFUSALS])
def test_gmails_refusals_are_told_apart(line: str, meaning: type[GmailSyncError], retry: Retry) -> None:
    """Each text has its own error, with the server's line."""
    error = refused(line, ALICE)

    assert (type(error), error.retry, error.server_line) == (meaning, retry, line)


def test_a_sign_in_on_the_web_is_advised() -> None:
    """Where Google wants one, nothing else helps."""
    assert "web browser" in refused(REFUSALS[1][0], ALICE).advice
