"""The journal keeps what was said and loses what was secret."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.clock import START, VirtualClock
from fakes.ids import Ids
from fakes.journal import Entry, Journal, Party, redact, summary


def test_entries_are_numbered_and_carry_the_clocks_time():
    """Each entry has the next number and the time at which it was written."""
    clock = VirtualClock()
    journal = Journal(clock)

    journal.note("imap", "s1", Party.CLIENT, Party.IMAP, "A1 NOOP")
    clock.advance(timedelta(seconds=5))
    journal.note("imap", "s1", Party.IMAP, Party.CLIENT, b"A1 OK Success \xff")

    assert journal.entries == (
        Entry(1, START, "imap", "s1", Party.CLIENT, Party.IMAP, "A1 NOOP"),
        Entry(2, START + timedelta(seconds=5), "imap", "s1", Party.IMAP, Party.CLIENT, "A1 OK Success \\xff"),
    )


def test_the_journal_becomes_json():
    """Every field of an entry is there as a JSON value."""
    journal = Journal(VirtualClock())

    journal.note("world", "world", Party.WORLD, Party.WORLD, "account a@b.example was added")

    assert journal.to_json() == [
        {
            "number": 1,
            "at": "2026-01-05T09:00:00+00:00",
            "channel": "world",
            "session": "world",
            "sender": "world",
            "receiver": "world",
            "text": "account a@b.example was added",
        }
    ]


def test_a_long_body_is_summarised():
    """A summary names size and digest, so that two bodies can be compared."""
    assert summary(b"x" * 4096) == "<4096 bytes, sha256 a2e659dacb46>"


def sasl(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("token ya29.a0AZ_y-x and more", "token ya29.… and more"),
        ("refresh 1//06o8d-Ab_c.", "refresh 1//0…."),
        ("GOCSPX-abc_DEF-123", "GOCSPX-…"),
        ("eyJhbGciOi.eyJpc3Mi.c2ln end", "eyJ… end"),
        ("code=4/0AfrIep_x-y&scope=a", "code=4/0A…&scope=a"),
        ("code=4%2F0AfrIep&x=1", "code=4%2F0A…&x=1"),
        ("code=4%252F0AfrIep", "code=4%252F0A…"),
        ("code=cut-short&state=s", "code=…&state=s"),
        ("client_secret=old-style-secret", "client_secret=…"),
        ("code_verifier=abc.~&x", "code_verifier=…&x"),
        ("code_challenge=abc&code_challenge_method=plain", "code_challenge=…&code_challenge_method=plain"),
        ("grant_type=refresh_token&token=abc", "grant_type=refresh_token&token=…"),
        ('{"access_token": "abc", "token_type": "Bearer"}', '{"access_token": "…", "token_type": "Bearer"}'),
        ('"code": 401, "password":"p\\"q"', '"code": 401, "password":"…"'),
        ("Authorization: Bearer abc\nHost: x", "Authorization: Bearer …\nHost: x"),
        ("authorization: Basic YTpi", "authorization: Basic …"),
        ("Cookie: SID=1; HSID=2\nA: b", "Cookie: …\nA: b"),
        ("A1 LOGIN alice@x.example opensesame", "A1 LOGIN alice@x.example …"),
        ('A1 login "alice a" "open sesame"', 'A1 login "alice a" …'),
        ("?authError=Cg1hY2Nlc3Nf&client_id=1", "?authError=…&client_id=1"),
        (
            "A1 AUTHENTICATE XOAUTH2 " + sasl("user=alice@x.example\1auth=Bearer ya29.abc\1\1"),
            "A1 AUTHENTICATE XOAUTH2 [XOAUTH2 user=alice@x.example token cut]",
        ),
        (
            "AUTH OAUTHBEARER " + sasl("n,a=alice@x.example,\1host=h\1port=993\1auth=Bearer abc\1\1"),
            "AUTH OAUTHBEARER [OAUTHBEARER user=alice@x.example token cut]",
        ),
        ("AUTH PLAIN " + sasl("\0alice@x.example\0secret"), "AUTH PLAIN [PLAIN user=alice@x.example token cut]"),
        (sasl("auth=Bearer abcdefghij\1\1"), "[SASL user=? token cut]"),
    ],
)
def test_secrets_are_cut_by_shape_and_by_name(text, shown):
    """What is left tells what kind of secret stood there, and whose."""
    assert redact(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "A2 FETCH 1:* (UID FLAGS X-GM-MSGID)",
        "scope=https%3A%2F%2Fmail.google.com%2F+openid",
        "* OK Gimap ready for requests from 127.0.0.1 k2if6111336rvb",
        'error "code": 401, response_type=code&x=1',
        "+ eyJzdGF0dXMiOiI0MDAiLCJzY2hlbWVzIjoiQmVhcmVyIiwic2NvcGUiOiJodHRwczovL21haWwuZ29vZ2xlLmNvbS8ifQ==",
        "the 4/0 and 1/2 ya29 of GOCSPX",
    ],
)
def test_what_is_no_secret_stays(text):
    """Ordinary lines, and Google's own challenge, are shown as they are."""
    assert redact(text) == text


@given(st.integers(), st.text(max_size=30), st.text(max_size=30))
def test_no_token_of_ours_survives_whatever_stands_around_it(seed, before, after):
    """Codes, tokens and secrets are cut in the middle of any text."""
    ids = Ids(seed)
    secrets = [ids.access_token(), ids.refresh_token(), ids.authorization_code(), ids.client_secret()]

    shown = redact("\n".join(f"{before}{secret}{after}" for secret in secrets))

    assert not [secret for secret in secrets if secret in shown]


@given(
    st.lists(
        st.sampled_from(
            ["ya29.", "4/0A", "4%2F0A", "1//0", "GOCSPX-", "code=", "token=", '"', "abc", "…", "&", "Cookie: ", " "]
        )
    )
)
def test_cutting_twice_changes_nothing(parts):
    """What was cut once looks the same when it is noted again."""
    once = redact("".join(parts))

    assert redact(once) == once
