"""ENVELOPE, BODY, BODYSTRUCTURE and sizes of hostile mail: the simulated IMAP beside Dovecot.

How either reads mail that breaks the rules is its own affair. Looked past, in `agreed`: blanks within fields, the
location, and lists in which an address is none. Of real mail, what differs for a reason is named in `KNOWN`.
"""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from dovecot import PASSWORD
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from imap_talk import Server, numbered

from fakes.imap.session import ImapSession

pytestmark = pytest.mark.needs_package("dovecot-imapd")

APP_PASSWORD = "abcdefghijklmnop"
CORPUS = Path(os.environ.get("GMAILSYNC_CORPUS") or Path(__file__).parents[4] / "shared" / "corpus")
ITEMS = ("RFC822.SIZE", "ENVELOPE", "BODY", "BODYSTRUCTURE")
NO_HOST = (b"", b"missing_domain", b"syntax_error", b".syntax-error.")

KNOWN: Mapping[str, frozenset[str]] = {
    "a field is there twice: Gmail reads the first, Dovecot the last, or the addresses of both": frozenset(
        {
            *("lhost-kddi-02.eml", "lhost-kddi-03.eml", "lhost-exim-43.eml", "lhost-exim-48.eml", "lhost-exim-49.eml"),
            *("lhost-mailfoundry-02.eml", "mime_emails-raw_email_with_binary_encoded.eml"),
            "mime_emails-raw_email_with_multipart_mixed_quoted_boundary.eml",
        }
    ),
    "addresses that are none: with a comment for a name, two hosts, or no comma between": frozenset(
        {
            *("rfc3464-10.eml", "rhost-apple-01.eml", "error_emails-missing_body.eml", "arf-24.eml"),
            *("error_emails-weird_to_header.eml", "plain_emails-mix_caps_content_type.eml", "rfc2822-example11.eml"),
            *("plain_emails-raw_email_with_at_display_name.eml", "rfc2822-example13.eml", "lhost-sendgrid-03.eml"),
            *("lhost-sendmail-41.eml", "rhost-yahooinc-03.eml"),
        }
    ),
    "a field without a value: NIL at Gmail, an empty string at Dovecot": frozenset(
        {"error_emails-empty_in_reply_to.eml", "lhost-exchange2007-02.eml"}
    ),
    "two carriage returns before a line feed, of which Dovecot keeps one": frozenset({"lhost-dragonfly-01.eml"}),
    "8-bit text in a field": frozenset({"rhost-google-08.eml"}),
    "a type, encoding or disposition that is none: Gmail reads what it can, Dovecot leaves it out": frozenset(
        {
            *("lhost-x1-02.eml", "error_emails-content_transfer_encoding_qp_with_space.eml"),
            "error_emails-content_transfer_encoding_text-html.eml",
            "error_emails-content_transfer_encoding_with_semi_colon.eml",
            *("error_emails-missing_content_disposition.eml",),
            "error_emails-multiple_invalid_content_dispositions.eml",
        }
    ),
    "a multipart that another ends: whose the last line break is, and whether an empty part follows": frozenset(
        {
            *("lhost-x5-01.eml", "rfc3464-26.eml", "rfc3464-62.eml", "rhost-gsuite-13.eml"),
            *("mime_emails-raw_email4.eml", "mime_emails-raw_email_with_illegal_boundary.eml"),
            "plain_emails-raw_email_bad_time.eml",
        }
    ),
    "a Content-Location, which Gmail leaves out": frozenset(
        {"attachment_emails-attachment_content_location.eml", "mime_emails-raw_email12.eml"}
    ),
}


@dataclass(frozen=True)
class Both:
    """The same Inbox at the simulated Gmail and at Dovecot."""

    ours: Server
    theirs: Server

    def append(self, raw: bytes) -> None:
        for server in (self.ours, self.theirs):
            answer = server.do(b"APPEND INBOX {%d}" % len(raw), raw + b"\r\n")
            assert answer.status == b"OK", answer
            server.do(b"NOOP")

    def differing(self, which: bytes) -> dict[int, list[tuple[str, object, object]]]:
        """Return by number of the message which items differ, and how."""
        wrong: dict[int, list[tuple[str, object, object]]] = {}
        for item in ITEMS:
            command = b"FETCH %b (%b)" % (which, item.encode())
            ours, theirs = (numbered(server.do(command)) for server in (self.ours, self.theirs))
            assert ours.keys() == theirs.keys()
            for number in ours:
                mine, other = (agreed(shown[number][item.encode()]) for shown in (ours, theirs))
                if mine != other:
                    wrong.setdefault(number, []).append((item, mine, other))
        return wrong


def agreed(value: object) -> object:
    """Return what both have to tell of a structure."""
    if isinstance(value, bytes):
        return b" ".join(value.split())
    if not isinstance(value, tuple):
        return value
    people = bool(value) and all(isinstance(one, tuple) and len(one) == 4 and _flat(one) for one in value)
    if people and any(one[2] is not None and (not one[2] or (one[3] or b"-").lower() in NO_HOST) for one in value):
        return "no address"
    if people and any(one[3] == b"" for one in value):
        return "no address"
    return tuple(agreed(one) for one in value)


def _flat(value: tuple[object, ...]) -> bool:
    return not any(isinstance(one, tuple) for one in value)


@pytest.fixture
def both(rig) -> Iterator[Both]:
    """Give a newcomer's Inbox, open at both."""
    address = rig.newcomer(classic=True)
    rig.google.set_app_password(address, APP_PASSWORD)
    context = ssl.create_default_context(cafile=str(rig.google.network.ca_file))
    context.check_hostname = False
    ours = Server.simulated(ImapSession(rig.google.world))
    theirs, connection = Server.dialled(rig.dovecot.hosts["imap.gmail.com:993"], context)
    with connection:
        ours.do(f"LOGIN {address} {APP_PASSWORD}".encode())
        theirs.do(f"LOGIN {address} {PASSWORD}".encode())
        for server in (ours, theirs):
            assert server.do(b"SELECT INBOX").status == b"OK"
        yield Both(ours, theirs)


@pytest.mark.slow
@pytest.mark.skipif(not CORPUS.is_dir(), reason=f"needs real mail in {CORPUS} (or GMAILSYNC_CORPUS)")
def test_real_mail_is_described_alike(both: Both) -> None:
    """All but the few dozen that are broken in a way on which servers differ."""
    files = sorted(CORPUS.rglob("*.eml"))
    raws = {file.name: re.sub(rb"\r?\n", b"\r\n", file.read_bytes()) for file in files}
    names = [name for name, raw in raws.items() if b"\x00" not in raw]

    for name in names:
        both.append(raws[name])

    wrong = {names[number - 1]: how for number, how in both.differing(b"1:*").items()}
    excused = frozenset().union(*KNOWN.values())
    assert {name: how for name, how in wrong.items() if name not in excused} == {}


# --- made-up mail ---------------------------------------------------------------------------

words = st.text("abcxyz0123456789", min_size=1, max_size=8)
comments = st.sampled_from(("", " (note)", " (one (within) another)"))
folds = st.sampled_from((" ", "\r\n ", "\r\n\t", "  "))
people = st.one_of(
    st.tuples(words, words).map(lambda two: "{}@{}.example".format(*two)),
    st.tuples(words, words, words).map(lambda three: "{} <{}@{}.example>".format(*three)),
    st.tuples(words, words, words).map(lambda three: '"{}, \\"x\\"" <{}@{}.example>'.format(*three)),
    st.tuples(words, words).map(lambda two: "=?utf-8?q?=C3=BC_{}?= <{}@example.com>".format(*two)),
    st.tuples(words, words, words).map(lambda three: "{}: {}@example.com, {}@example.org;".format(*three)),
)


@st.composite
def addresses(draw: st.DrawFn) -> str:
    return f",{draw(folds)}".join(draw(st.lists(people, min_size=1, max_size=3)))


@st.composite
def summaries(draw: st.DrawFn) -> str:
    """Draw the header fields that ENVELOPE tells of, in any order and with names in any letters."""
    fields = [
        f"{name}: {draw(addresses())}" for name in draw(st.sets(st.sampled_from(("From", "TO", "cc", "Reply-To"))))
    ]
    fields += [f"Subject:{draw(folds)}{draw(words)}{draw(folds)}{draw(words)}"] if draw(st.booleans()) else []
    fields += [f"Message-Id: <{draw(words)}@example.com>"] if draw(st.booleans()) else []
    return "".join(f"{field}\r\n" for field in draw(st.permutations(fields)))


@st.composite
def leaves(draw: st.DrawFn) -> str:
    """Draw a part with content; the body may begin as delimiters do."""
    kind = draw(st.sampled_from(("text/plain", "TEXT/Html", "image/png", "application/x-y")))
    parameter = draw(
        st.sampled_from(("", "; charset=utf-8", '; NAME="a \\"b\\" c"', ";\r\n\tformat=flowed; delsp=yes"))
    )
    encoding = draw(
        st.sampled_from(("", "Content-Transfer-Encoding: BASE64\r\n", "content-transfer-encoding: 8bit\r\n"))
    )
    shown = draw(
        st.sampled_from(("", "Content-Disposition: attachment; filename=x.pdf\r\n", "Content-Disposition: INLINE\r\n"))
    )
    extra = draw(st.sampled_from(("", "Content-ID: <a@b>\r\n", "Content-Description: what it is\r\n")))
    extra += draw(st.sampled_from(("", "Content-Language: de, en\r\n", "Content-MD5: Q2hlY2s=\r\n")))
    body = draw(st.sampled_from(("", "text", "two\r\nlines\r\n", "--\r\n--x\r\n", "\r\n\r\n", "-- \r\nsig")))
    return f"Content-Type: {kind}{draw(comments)}{parameter}\r\n{encoding}{shown}{extra}\r\n{body}"


@st.composite
def multiparts(draw: st.DrawFn, inner: st.SearchStrategy[str]) -> str:
    """Draw a multipart with a boundary that no other has."""
    boundary = f"b{draw(st.uuids()).hex}"
    subtype = draw(st.sampled_from(("mixed", "Alternative", "x-unheard-of")))
    parts = "".join(f"\r\n--{boundary}\r\n{part}" for part in draw(st.lists(inner, min_size=1, max_size=3)))
    # Without an epilogue Dovecot counts the line break before an outer delimiter (RFC 2046 section 5.1.1) to the part.
    preamble, epilogue = draw(st.sampled_from(("", "for old programs"))), draw(st.sampled_from(("\r\n", "\r\nthe end")))
    return (
        f'Content-Type: multipart/{subtype}; boundary="{boundary}"\r\n\r\n{preamble}{parts}\r\n--{boundary}--{epilogue}'
    )


@st.composite
def within(draw: st.DrawFn, inner: st.SearchStrategy[str]) -> str:
    """Draw a message within."""
    return f"Content-Type: message/rfc822\r\n\r\n{draw(summaries())}{draw(inner)}"


parts = st.recursive(leaves(), lambda inner: multiparts(inner) | within(inner), max_leaves=6)
messages = st.tuples(summaries(), parts).map("MIME-Version: 1.0\r\n{0[0]}{0[1]}".format)


def described_alike(both: Both, examples: int) -> None:
    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(messages)
    def check(message: str) -> None:
        both.append(message.encode())

        assert both.differing(b"*") == {}, message

    check()


def test_made_up_mail_is_described_alike(both: Both) -> None:
    """Nested, folded, commented and quoted, yet within the rules."""
    described_alike(both, 30)


@pytest.mark.slow
def test_much_made_up_mail_is_described_alike(both: Both) -> None:
    """The same for long."""
    described_alike(both, 250)
