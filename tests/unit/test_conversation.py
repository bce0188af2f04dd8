"""What crossed the wire, told as exchanges."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmailsync import wirewords
from gmailsync.conversation import Exchange, passages
from gmailsync.evidence import Party, WireLine

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def wire(session: str, script: str, server: Party = Party.IMAP, client: Party = Party.GMAILSYNC) -> list[WireLine]:
    r"""Return a transcript of C: and S: lines as journal lines; `\n` in a line is a line break."""
    channel = {Party.IMAP: "imap", Party.POP: "pop", Party.SMTP: "smtp", Party.OAUTH: "https"}[server]
    lines = []
    for line in script.strip().splitlines():
        who, text = line.strip().split(": ", 1)
        sender, receiver = (client, server) if who == "C" else (server, client)
        lines.append(WireLine(NOON, channel, session, sender, receiver, text.replace("\\n", "\n")))
    return lines


def told(lines: list[WireLine]) -> list[tuple[str, str]]:
    """Return question and answer of every exchange."""
    return [(exchange.asked, exchange.answered) for passage in passages(lines) for exchange in passage.exchanges]


def test_an_imap_session_is_told_in_a_few_exchanges():
    """Courtesies are folded, tags and ids dropped, fetched messages counted, the two halves of a sign-in joined."""
    lines = wire(
        "x1mb",
        """
        S: * OK Gimap ready for requests from 127.0.0.1 x1mb
        C: ABCD0 CAPABILITY
        S: * CAPABILITY IMAP4rev1 IDLE
        S: ABCD0 OK Thats all she wrote! x1mb
        C: ABCD1 AUTHENTICATE XOAUTH2
        S: +
        C: [XOAUTH2 user=alice@contoso.com token cut]
        S: ABCD1 OK alice@contoso.com authenticated (Success)
        C: ABCD2 EXAMINE "INBOX"
        S: * 3 EXISTS
        S: ABCD2 OK [READ-ONLY] INBOX selected. (Success)
        C: ABCD3 UID SEARCH UID 1:*
        S: * SEARCH 1 2 3
        S: ABCD3 OK SEARCH completed (Success)
        C: ABCD4 UID FETCH 1:2 (BODY.PEEK[])
        S: * 1:2 FETCH … (2 responses, 2992 bytes)
        S: ABCD4 OK Success
        C: ABCD5 UID FETCH 3 (BODY.PEEK[])
        S: * 3 FETCH (UID 3 BODY[] <9 bytes, sha256 ab>)
        S: ABCD5 OK Success
        C: ABCD6 LOGOUT
        S: * BYE Logout Requested x1mb
        S: ABCD6 OK Quoth the raven, nevermore... x1mb
        """,
    )

    assert told(lines) == [
        ("connect · CAPABILITY", "OK Thats all she wrote!"),
        ("AUTHENTICATE XOAUTH2 (token of alice@contoso.com)", "OK alice@contoso.com authenticated (Success)"),
        ('EXAMINE "INBOX"', "3 EXISTS, OK [READ-ONLY] INBOX selected. (Success)"),
        ("UID SEARCH UID 1:*", "3 found, OK SEARCH completed (Success)"),
        ("UID FETCH 1:2 (BODY.PEEK[]) (2 ×) · LOGOUT", "1 × FETCH, OK Success"),
    ]


def test_a_pop_session_is_told_by_its_first_lines():
    """What a list or a message holds is left out."""
    lines = wire(
        "x1mb",
        """
        S: +OK Gpop ready for requests from 127.0.0.1 x1mb
        C: AUTH XOAUTH2 [XOAUTH2 user=alice@contoso.com token cut]
        S: +OK Welcome.
        C: LIST
        S: +OK 2 messages (40 bytes)
        S: 1 20\\n2 20\\n.
        C: RETR 1
        S: +OK message follows
        S: <20 bytes, sha256 ab>
        C: QUIT
        S: +OK Farewell.
        """,
        Party.POP,
    )

    assert told(lines) == [
        ("connect", "+OK Gpop ready for requests from 127.0.0.1"),
        ("AUTH XOAUTH2 (token of alice@contoso.com)", "+OK Welcome."),
        ("LIST", "+OK 2 messages (40 bytes)"),
        ("RETR 1 · QUIT", "+OK message follows"),
    ]


def test_an_smtp_session_is_told_in_three_exchanges():
    """Hello with TLS, sign-in, and the whole submission with Gmail's last word."""
    lines = wire(
        "a1sm2.3",
        r"""
        S: 220 smtp.gmail.com ESMTP a1sm2.3 - gsmtp
        C: ehlo [127.0.0.1]
        S: 250-smtp.gmail.com at your service, [127.0.0.1]\n250 STARTTLS
        C: STARTTLS
        S: 220 2.0.0 Ready to start TLS
        C: ehlo [127.0.0.1]
        S: 250-smtp.gmail.com at your service, [127.0.0.1]\n250 PIPELINING
        C: AUTH XOAUTH2 [XOAUTH2 user=alice@contoso.com token cut]
        S: 235 2.7.0 Accepted
        C: MAIL FROM:<alice@contoso.com> SIZE=373
        S: 250 2.1.0 OK a1sm2.3 - gsmtp
        C: RCPT TO:<bob@contoso.com>
        S: 250 2.1.5 OK a1sm2.3 - gsmtp
        C: DATA
        S: 354 Go ahead a1sm2.3 - gsmtp
        C: <377 bytes, sha256 c5b1a323ef85>
        S: 250 2.0.0 OK  1767603900 a1sm2.3 - gsmtp
        C: QUIT
        S: 221 2.0.0 closing connection a1sm2.3 - gsmtp
        """,
        Party.SMTP,
    )

    assert told(lines) == [
        ("connect · EHLO · STARTTLS · EHLO", "250 smtp.gmail.com at your service, [127.0.0.1]"),
        ("AUTH XOAUTH2 (token of alice@contoso.com)", "235 2.7.0 Accepted"),
        ("MAIL FROM:<alice@contoso.com> · RCPT TO:<bob@contoso.com> · DATA · message · QUIT", "250 2.0.0 OK"),
    ]


@pytest.mark.parametrize(
    ("asked", "answered", "exchange"),
    [
        (
            "GET /o/oauth2/v2/auth?client_id=1 HTTP/1.1\\nHost: accounts.google.com",
            "HTTP/1.1 200\\n\\n<page: Choose an account>",
            ("GET /o/oauth2/v2/auth", "200 Choose an account"),
        ),
        (
            "POST /signin/oauth/consent HTTP/1.1\\n\\ndecision=continue",
            "HTTP/1.1 302\\nLocation: https://contoso.crm.dynamics.com/_grid?code=4/0A…",
            ("POST /signin/oauth/consent", "302 to contoso.crm.dynamics.com"),
        ),
        (
            "POST /token HTTP/1.1\\n\\nclient_id=1&grant_type=refresh_token&refresh_token=1//0…",
            'HTTP/1.1 400\\n\\n{"error": "invalid_grant"}',
            ("POST /token (refresh_token)", "400 invalid_grant"),
        ),
    ],
)
def test_http_is_told_by_what_matters(asked, answered, exchange):
    """Path and grant type of the question; page, error or target of the answer."""
    lines = wire("https-1", f"C: {asked}\nS: {answered}", Party.OAUTH)

    assert told(lines) == [exchange]


def test_what_repeats_is_told_once_with_its_count():
    """Cycles that differ only in numbers, ids and addresses are one passage."""
    cycle = 'C: A{0} EXAMINE "INBOX"\nS: * {0} EXISTS\nS: A{0} OK [READ-ONLY] of {1} selected'
    owners = ["alice@contoso.com", "bob@contoso.com", "carol.jones@contoso.com"]
    lines = [line for n, owner in enumerate(owners) for line in wire(f"s{n}", cycle.format(n, owner))]

    story = passages([*wire("first", "C: A1 NOOP\nS: A1 OK Success"), *lines])

    assert [(len(passage.exchanges), passage.times) for passage in story] == [(1, 1), (1, 3)]
    assert story[1].exchanges[0].answered == "0 EXISTS, OK [READ-ONLY] of alice@contoso.com selected"


def test_sessions_that_run_at_once_are_told_apart():
    """Answers find their questions although another session speaks in between."""
    first, second = wire("x1", "C: A1 SELECT a\nS: A1 OK one"), wire("x2", "C: B1 SELECT b\nS: B1 NO two")

    assert told([first[0], second[0], first[1], second[1]]) == [("SELECT a", "OK one"), ("SELECT b", "NO two")]


def test_a_question_without_answer_is_told():
    """A connection that broke shows what was asked last."""
    assert told(wire("one", "C: A1 SELECT a")) == [("SELECT a", "")]


sessions = st.sampled_from(["one", "two"])
texts = st.text(max_size=20) | st.sampled_from(["+", "A1 OK", "<9 bytes>", "A2 LOGOUT", "EHLO x", "MAIL FROM:<a@b>"])


@given(st.lists(st.tuples(sessions, st.booleans(), texts)))
def test_no_session_is_lost_whatever_is_said(said):
    """Any lines at all make a story, and every session that speaks is in it."""
    lines = [line for name, asks, text in said for line in _line(name, asks, text)]

    story = passages(lines)

    exchanges: list[Exchange] = [exchange for passage in story for exchange in passage.exchanges]
    assert bool(exchanges) == bool(lines)
    assert sum(passage.times * len(passage.exchanges) for passage in story) <= len(lines)


def _line(session: str, asks: bool, text: str) -> list[WireLine]:
    sender, receiver = (Party.GMAILSYNC, Party.IMAP) if asks else (Party.IMAP, Party.GMAILSYNC)
    return [WireLine(NOON, "imap", session, sender, receiver, text)]


@given(st.text())
def test_words_that_are_alike_stay_alike(text):
    """Taking the meaningless out twice takes out no more."""
    once = wirewords.alike(text)

    assert wirewords.alike(once) == once
