from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import sasl
from fakes.sasl import Bearer, Malformed, Mechanism, Password

# Google's own example, https://developers.google.com/workspace/gmail/imap/xoauth2-protocol
DOCUMENTED = (
    b"dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0"
    b"Q2cBAQ=="
)

users = st.text(st.characters(codec="utf-8", exclude_characters="\x01"))
tokens = st.text("abcXYZ019-._~+/=", min_size=1)


def test_googles_example_is_understood() -> None:
    """The string of Google's page names its user and token."""
    parsed = sasl.parse(Mechanism.XOAUTH2, DOCUMENTED)

    assert parsed == Bearer("someuser@example.com", "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg")


def test_an_oauthbearer_response_is_understood() -> None:
    """Host and port are read over; the user may be written with RFC 5801's escapes."""
    response = base64.b64encode(
        b"n,a=odd=2Cname=3D@example.com,\x01host=imap.gmail.com\x01port=993\x01auth=Bearer ya29.x\x01\x01"
    )

    assert sasl.parse(Mechanism.OAUTHBEARER, response) == Bearer("odd,name=@example.com", "ya29.x")


def test_a_token_is_not_shown() -> None:
    """The value can be printed without giving the token away."""
    assert "ya29" not in repr(Bearer("alice@contoso.com", "ya29.secret"))


@pytest.mark.parametrize(
    ("mechanism", "decoded"),
    [
        (Mechanism.XOAUTH2, b""),
        (Mechanism.XOAUTH2, b"user=alice^Aauth=Bearer ya29.x^A^A"),
        (Mechanism.XOAUTH2, b"user=alice\x01auth=Bearer ya29.x\x01"),
        (Mechanism.XOAUTH2, b"user=alice\x01auth=Basic ya29.x\x01\x01"),
        (Mechanism.XOAUTH2, b"user=alice\x01auth=Bearer ya29.x\x01\x01\n"),
        (Mechanism.OAUTHBEARER, b"user=alice\x01auth=Bearer ya29.x\x01\x01"),
        (Mechanism.OAUTHBEARER, b"n,,\x01auth=Bearer ya29.x\x01\x01"),
        (Mechanism.OAUTHBEARER, b"n,a=alice,\x01host=imap.gmail.com\x01\x01"),
        (Mechanism.OAUTHBEARER, b"n,a=alice,\x01auth=Basic ya29.x\x01\x01"),
        (Mechanism.OAUTHBEARER, b"\x01"),
    ],
)
def test_wrong_framing_is_malformed(mechanism: Mechanism, decoded: bytes) -> None:
    """What is base64 of something else is told apart from what is no base64."""
    parsed = sasl.parse(mechanism, base64.b64encode(decoded))

    assert isinstance(parsed, Malformed)
    assert parsed.decoded


@pytest.mark.parametrize("mechanism", Mechanism)
@pytest.mark.parametrize("response", [b"a", b"not base64!", DOCUMENTED[:40] + b"\r\n" + DOCUMENTED[40:], b"/w==", b"*"])
def test_what_is_no_base64_of_text_is_malformed(mechanism: Mechanism, response: bytes) -> None:
    """Line breaks within base64 are a mistake that people make; it is not forgiven."""
    parsed = sasl.parse(mechanism, response)

    assert isinstance(parsed, Malformed)
    assert not parsed.decoded


def test_the_challenges_are_gmails() -> None:
    """The base64 is what Gmail was seen to send, byte for byte."""
    assert sasl.XOAUTH2_REFUSED == (
        b"eyJzdGF0dXMiOiI0MDAiLCJzY2hlbWVzIjoiQmVhcmVyIiwic2NvcGUiOiJodHRwczovL21haWwuZ29vZ2xlLmNvbS8ifQ=="
    )
    assert sasl.OAUTHBEARER_MALFORMED == (
        b"eyJzdGF0dXMiOiJpbnZhbGlkX3JlcXVlc3QiLCJzY29wZSI6Imh0dHBzOi8vbWFpbC5nb29nbGUuY29tLyJ9"
    )


@given(users, tokens)
def test_what_is_written_as_xoauth2_is_read_back(user: str, token: str) -> None:
    """Parsing is the inverse of how clients build the string."""
    response = base64.b64encode(f"user={user}\x01auth=Bearer {token}\x01\x01".encode())

    assert sasl.parse(Mechanism.XOAUTH2, response) == Bearer(user, token)


@given(users, tokens)
def test_what_is_written_as_oauthbearer_is_read_back(user: str, token: str) -> None:
    """Parsing is the inverse of RFC 7628."""
    name = user.replace("=", "=3D").replace(",", "=2C")
    response = base64.b64encode(f"n,a={name},\x01host=h\x01port=993\x01auth=Bearer {token}\x01\x01".encode())

    assert sasl.parse(Mechanism.OAUTHBEARER, response) == Bearer(user, token)


@given(st.sampled_from(Mechanism), st.binary() | st.binary().map(base64.b64encode))
def test_any_response_gives_a_value(mechanism: Mechanism, response: bytes) -> None:
    """Nothing that a client sends raises."""
    assert isinstance(sasl.parse(mechanism, response), Bearer | Malformed)


@pytest.mark.parametrize(
    ("decoded", "parsed"),
    [
        (b"\0alice@contoso.com\0abcd efgh", Password("alice@contoso.com", "abcd efgh")),
        (b"alice@contoso.com\0alice@contoso.com\0x", Password("alice@contoso.com", "x")),
        (b"admin\0alice@contoso.com\0x", Malformed("for somebody else's account", decoded=True)),
        (b"\0alice@contoso.com\0", Malformed("not NUL user NUL password", decoded=True)),
        (b"\0\0x", Malformed("not NUL user NUL password", decoded=True)),
        (b"alice", Malformed("not NUL user NUL password", decoded=True)),
        (b"\0a\0b\0c", Malformed("not NUL user NUL password", decoded=True)),
        (b"\0a\0\xff", Malformed("not base64 of text", decoded=False)),
    ],
)
def test_plain_is_read_as_rfc_4616_writes_it(decoded: bytes, parsed: Password | Malformed) -> None:
    """Nobody acts for somebody else; name and password have to be there."""
    assert sasl.parse_plain(base64.b64encode(decoded)) == parsed
    assert "abcd" not in repr(parsed)
