"""What a client says to the proxy first, in SOCKS 5 and in HTTP, without any socket."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.proxying import Asking, Refused, Say, Wanted

NAME = b"imap.gmail.com"
GREETING = b"\x05\x01\x00"
SOCKS = GREETING + b"\x05\x01\x00\x03" + bytes([len(NAME)]) + NAME + b"\x03\xe1" + b"rest"
HTTP = b"CONNECT imap.gmail.com:993 HTTP/1.1\r\nHost: imap.gmail.com:993\r\n\r\nrest"
SUCCEEDED = b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"


def heard(pieces):
    """Feed the pieces until the client has said what it wants; return what was to be done, and the asking."""
    asking = Asking()
    done = []
    for data in pieces:
        while (each := asking.receive(data)) is not None:
            done.append(each)
            if not isinstance(each, Say):
                return done, asking
            data = b""
    return done, asking


def test_socks_greets_and_wants_a_host_by_name():
    """RFC 1928: methods, then CONNECT to a domain name; what follows belongs to the host."""
    done, asking = heard([SOCKS])

    assert done == [Say(b"\x05\x00"), Wanted("imap.gmail.com", 993, b"rest")]
    assert asking.granted() == SUCCEEDED
    assert asking.denied("no")[:2] == b"\x05\x02"
    assert asking.broken("no")[:2] == b"\x05\x05"


def test_http_wants_a_host_by_connect():
    """RFC 9110 section 9.3.6: the tunnel begins after the blank line."""
    done, asking = heard([HTTP])

    assert done == [Wanted("imap.gmail.com", 993, b"rest")]
    assert asking.granted() == b"HTTP/1.1 200 Connection established\r\n\r\n"
    assert asking.denied("no").startswith(b"HTTP/1.1 403 Forbidden\r\n")
    assert asking.broken("no").startswith(b"HTTP/1.1 502 Bad Gateway\r\n")


@pytest.mark.parametrize(
    ("request_", "host"),
    [
        (b"\x05\x01\x00\x01\x7f\x00\x00\x01\x03\xe1", "127.0.0.1"),
        (b"\x05\x01\x00\x04" + bytes(15) + b"\x01\x03\xe1", "::1"),
    ],
)
def test_an_address_is_a_host_too(request_, host):
    """IPv4 and IPv6; whether there is such a host on the map is for the map to say."""
    assert heard([GREETING + request_])[0][-1] == Wanted(host, 993)


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (b"\x05\x01\x02", b"\x05\xff"),
        (GREETING + b"\x05\x02\x00\x01\x00\x00\x00\x00\x00\x50", b"\x05\x07"),
        (GREETING + b"\x05\x03\x00\x01\x00\x00\x00\x00\x00\x50", b"\x05\x07"),
        (GREETING + b"\x05\x01\x00\x09\x00\x00\x00", b"\x05\x08"),
        (b"GET http://example.com/ HTTP/1.1\r\n\r\n", b"HTTP/1.1 405 "),
        (b"CONNECT imap.gmail.com HTTP/1.1\r\n\r\n", b"HTTP/1.1 400 "),
        (b"CONNECT imap.gmail.com:x HTTP/1.1\r\n\r\n", b"HTTP/1.1 400 "),
        (b"\x04\x01\x03\xe1\x7f\x00\x00\x01\r\n\r\n", b"HTTP/1.1 400 "),
        (b"\x00" * 20000, b"HTTP/1.1 431 "),
    ],
)
def test_what_it_has_not_is_refused_in_the_clients_own_protocol(said, answer):
    """Authentication, BIND, UDP, unknown kinds of address, plain requests, SOCKS 4, and what never ends."""
    refused = heard([said])[0][-1]

    assert isinstance(refused, Refused)
    assert refused.answer.startswith(answer)


@pytest.mark.parametrize("said", [SOCKS, HTTP])
@given(cuts=st.lists(st.integers(0, len(HTTP))))
def test_it_is_heard_however_the_bytes_arrive(said, cuts):
    """Any chopping gives the same host; only how much came after it may differ."""
    edges = [0, *sorted(min(cut, len(said)) for cut in cuts), len(said)]
    pieces = [said[begin:end] for begin, end in pairwise(edges)]

    done, _ = heard(pieces)

    *before, wanted = done
    assert before == heard([said])[0][:-1]
    assert (wanted.host, wanted.port) == ("imap.gmail.com", 993)
    assert b"rest".startswith(wanted.rest)


@given(st.binary(max_size=400))
def test_nothing_breaks_it(data):
    """Whatever bytes arrive, it is a value or waits for more."""
    heard([data])
