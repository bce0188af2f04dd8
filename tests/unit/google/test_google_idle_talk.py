"""The conversation of a connection in IDLE, without a socket."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmailsync.errors import ConnectionLost, GmailSyncError, ImapError, TooManyConnections
from gmailsync.google.idle_talk import IdleTalk, Stage
from gmailsync.model.secret import Secret
from gmailsync.ports import Why

GREETED = b"* OK Gimap ready\r\n+ \r\nI1 OK in\r\n* CAPABILITY IMAP4rev1 IDLE\r\nI2 OK Success\r\n"
OPENED = GREETED + b"* 3 EXISTS\r\n* 0 RECENT\r\nI3 OK [READ-ONLY] selected\r\n+ idling\r\n"
AN_HOUR = OPENED + b"* 4 EXISTS\r\n* OK still here\r\n* 2 FETCH (FLAGS (\\Seen))\r\n* BYE Session expired\r\n"


def talk(folder="INBOX"):
    return IdleTalk("alice@contoso.com", Secret("ya29.a"), folder)


def idling():
    """Return a conversation that has come as far as IDLE."""
    begun = talk()
    assert begun.receive(OPENED) == [Why.OPENED]
    begun.to_send.clear()
    return begun


def test_every_step_waits_for_the_one_before():
    """Nothing is sent ahead, so that what a refusal refuses is never in doubt."""
    begun = talk()
    sent = []
    for line in OPENED.splitlines(keepends=True):
        begun.receive(line)
        if begun.to_send:
            sent.append(bytes(begun.to_send))
            begun.to_send.clear()

    assert sent == [
        b"I1 AUTHENTICATE XOAUTH2\r\n",
        b"dXNlcj1hbGljZUBjb250b3NvLmNvbQFhdXRoPUJlYXJlciB5YTI5LmEBAQ==\r\n",
        b"I2 CAPABILITY\r\n",
        b'I3 EXAMINE "INBOX"\r\n',
        b"I4 IDLE\r\n",
    ]
    assert begun.stage is Stage.IDLING


def test_the_challenge_of_a_refusal_is_answered_with_an_empty_line():
    """Only then comes the refusal itself."""
    begun = talk()
    begun.receive(b"* OK hello\r\n+ \r\n")
    begun.to_send.clear()

    begun.receive(b"+ eyJzdGF0dXMiOiI0MDAifQ==\r\n")

    assert begun.to_send == b"\r\n"


def test_a_folder_is_named_as_the_wire_wants_it():
    """In modified UTF-7 and quotes."""
    begun = talk('取引先/"A\\B"')

    begun.receive(GREETED)

    assert begun.to_send.endswith(b'I3 EXAMINE "&U9ZfFVFI-/\\"A\\\\B\\""\r\n')


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"* 4 EXISTS", [Why.CHANGED]),
        (b"* 4 exists", [Why.CHANGED]),
        (b"* 2 EXPUNGE", [Why.CHANGED]),
        (b"* 2 FETCH (FLAGS (\\Seen))", [Why.CHANGED]),
        (b"* VANISHED 1:4", [Why.CHANGED]),
        (b"* 0 RECENT", []),
        (b"* OK still here", []),
        (b"* CAPABILITY IMAP4rev1", []),
        (b"+ still idling", []),
        (b"I3 OK too late", []),
        (b"* 2 FETCH (X {12}\r\n* BYE no\r\n\r\n)", [Why.CHANGED]),
        (b"", []),
    ],
)
def test_what_is_news(line, told):
    """That something came, went or was marked; what a literal holds is nobody's word."""
    begun = idling()

    assert begun.receive(line + b"\r\n") == told
    assert begun.stage is Stage.IDLING


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"* BYE Session expired, please login again.\r\n", ConnectionLost),
        (b"I4 OK IDLE terminated (Success)\r\n", ImapError),
        (b"I4 NO [ALERT] Too many simultaneous connections. (Failure)\r\n", TooManyConnections),
        (b"x" * 70_000, ImapError),
    ],
    ids=["bye", "ended unasked", "no", "endless"],
)
def test_what_ends_an_idle(line, error):
    """Told once, with its cause; an IDLE that the server ends unasked is not begun again in a tight loop."""
    begun = idling()

    told = begun.receive(line)

    assert (told, type(begun.error)) == ([Why.LOST], error)
    assert begun.receive(b"* 5 EXISTS\r\n") == []


def test_a_renewal_ends_one_idle_and_begins_another():
    """DONE, its answer, and IDLE again."""
    begun = idling()

    begun.renew()
    done = bytes(begun.to_send)
    begun.to_send.clear()
    between = begun.receive(b"* 4 EXISTS\r\nI4 OK IDLE terminated (Success)\r\n")
    renewed = begun.receive(b"+ idling\r\n")

    assert (done, bytes(begun.to_send)) == (b"DONE\r\n", b"I5 IDLE\r\n")
    assert (between, renewed) == ([Why.CHANGED], [Why.RENEWED])


@pytest.mark.parametrize(
    ("so_far", "sent", "stage"),
    [
        (b"", b"", Stage.OVER),
        (b"* OK hello\r\n", b"", Stage.OVER),
        (GREETED, b"I4 LOGOUT\r\n", Stage.LEAVING),
        (OPENED, b"DONE\r\nI5 LOGOUT\r\n", Stage.LEAVING),
        (OPENED.removesuffix(b"+ idling\r\n"), b"DONE\r\nI5 LOGOUT\r\n", Stage.LEAVING),
    ],
    ids=["connected", "signing in", "opening", "idling", "beginning"],
)
def test_leaving_fits_how_far_it_has_come(so_far, sent, stage):
    """An IDLE is ended first; before the sign-in is over there is nothing to take leave of."""
    begun = talk()
    begun.receive(so_far)
    begun.to_send.clear()

    begun.leave()

    assert (bytes(begun.to_send), begun.stage) == (sent, stage)


@pytest.mark.parametrize("farewell", [b"* BYE so long\r\n", b"I4 OK terminated\r\nI5 OK good day\r\n", None])
def test_an_end_that_was_wanted_is_no_loss(farewell):
    """By the server's word or by the end of the connection."""
    begun = idling()
    begun.leave()

    told = begun.break_off(ConnectionLost("gone")) if farewell is None else begun.receive(farewell)

    assert (told, begun.stage, begun.error) == ([], Stage.OVER, None)


def test_a_server_that_is_no_imap_server_is_left():
    """Whatever it greets with."""
    begun = talk()

    told = begun.receive(b"* PREAUTH welcome\r\n")

    assert (told, type(begun.error)) == ([Why.LOST], ImapError)


@given(st.lists(st.integers(0, len(AN_HOUR))))
def test_what_is_told_does_not_depend_on_how_the_bytes_arrive(cuts):
    """Any chopping of the stream tells the same and sends the same."""
    edges = [0, *sorted(cuts), len(AN_HOUR)]
    whole, chopped = talk(), talk()

    told = [why for start, end in pairwise(edges) for why in chopped.receive(AN_HOUR[start:end])]

    # Piece by piece one thing may be told twice; in one go it is not.
    assert list(dict.fromkeys(told)) == whole.receive(AN_HOUR) == [Why.OPENED, Why.CHANGED, Why.LOST]
    assert (chopped.to_send, chopped.stage) == (whole.to_send, whole.stage)


@given(st.binary(max_size=200))
def test_no_bytes_bring_it_down(noise):
    """Whatever a server sends, it is told or passed over; nothing is raised."""
    for begun in (talk(), idling()):
        begun.receive(noise)
        begun.receive(b"\r\n")

        assert begun.error is None or isinstance(begun.error, GmailSyncError)
