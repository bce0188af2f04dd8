from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from imapclient.response_parser import parse_fetch_response

from fakes.gmail import mime_tree
from fakes.gmail.mime_tree import Part
from fakes.imap import structure
from fakes.imap.session import ImapSession
from fakes.world import World

Talk = Callable[..., None]

PEOPLE = '((NIL NIL "bob" "x"))'
FORWARD = "\r\n".join(
    [
        *("From: bob@x", 'Subject: =?utf-8?q?k?= \\ "q"', "To: Friends: alice@x, (A) carol@y;", "MIME-Version: 1.0"),
        *("Content-Type: multipart/mixed; boundary=b", "Content-Language: de, en", "", "--b"),
        *(
            "Content-Type: text/html; charset=utf-8",
            "Content-Transfer-Encoding: quoted-printable",
            "",
            "one",
            "",
            "--b",
        ),
        *("Content-Type: message/rfc822", "Content-Disposition: attachment; filename*0=in; filename*1=ner", ""),
        *("From: carol@y", "Date: never", "Message-ID: <1@y>", "In-Reply-To: <0@y>", "", "inner", "--b"),
        *('Content-Type: image/png; name="p.png"', "Content-ID: <p>", "Content-Description: a picture"),
        *("Content-Transfer-Encoding: base64", "Content-MD5: Q2hlY2s=", "", "AAAA", "--b--", ""),
    ]
)


@pytest.fixture
def selected(imap: ImapSession, world: World) -> ImapSession:
    """Return a session that has opened an INBOX with a forwarded message."""
    world.deliver("alice@contoso.com", FORWARD.encode())
    imap.receive(b"s EXAMINE INBOX\r\n")
    return imap


def test_a_message_is_summarised_and_described(selected: ImapSession, talk: Talk) -> None:
    """In Gmail's spelling and order: capital letters, and no more extension data than it has."""
    inner = r'(NIL NIL "carol" "y")'
    group = r'((NIL NIL "Friends" NIL)(NIL NIL "alice" "x")("A" NIL "carol" "y")(NIL NIL NIL NIL))'
    summary = rf'(NIL "=?utf-8?q?k?= \\ \"q\"" {PEOPLE} {PEOPLE} {PEOPLE} {group} NIL NIL NIL NIL)'
    html = '"TEXT" "HTML" ("CHARSET" "utf-8") NIL NIL "QUOTED-PRINTABLE" 5 1'
    within = f'("never" NIL ({inner}) ({inner}) ({inner}) NIL NIL NIL "<0@y>" "<1@y>")'
    message = f'"MESSAGE" "RFC822" NIL NIL NIL "7BIT" 74 {within}'
    plain = '"TEXT" "PLAIN" ("CHARSET" "us-ascii") NIL NIL "7BIT" 5 0'
    picture = '"IMAGE" "PNG" ("NAME" "p.png") "<p>" "a picture" "BASE64" 4'
    described = (
        f'(({html} NIL NIL NIL)({message} ({plain} NIL NIL NIL) 5 NIL ("ATTACHMENT" ("FILENAME" "inner")) NIL)'
        f'({picture} "Q2hlY2s=" NIL NIL) "MIXED" ("BOUNDARY" "b") NIL ("de" "en"))'
    )

    talk(
        selected,
        f"""
        C: a FETCH 1 (BODYSTRUCTURE ENVELOPE UID)
        S: * 1 FETCH (UID 1 ENVELOPE {summary} BODYSTRUCTURE {described})
        S: a OK Success
        C: b FETCH 1 BODY
        S: * 1 FETCH (BODY (({html})({message} ({plain}) 5)({picture}) "MIXED"))
        S: b OK Success
        C: c FETCH 1 ALL
        S: * 1 FETCH (RFC822.SIZE {len(FORWARD)} INTERNALDATE … FLAGS () ENVELOPE {summary})
        S: c OK Success
        C: d FETCH 1 FULL
        S: * 1 FETCH (RFC822.SIZE {len(FORWARD)} INTERNALDATE … FLAGS () ENVELOPE {summary} BODY (…))
        S: d OK Success
        """,
    )


@pytest.mark.parametrize(
    ("section", "wanted"),
    [
        ("1", "one\r\n"),
        ("1.MIME", "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"),
        ("2.HEADER", "From: carol@y\r\nDate: never\r\nMessage-ID: <1@y>\r\nIn-Reply-To: <0@y>\r\n\r\n"),
        ("2.TEXT", "inner"),
        ("2.1", "inner"),
        ("2.HEADER.FIELDS (date)", "Date: never\r\n\r\n"),
        ("2.HEADER.FIELDS.NOT (date from)", "Message-ID: <1@y>\r\nIn-Reply-To: <0@y>\r\n\r\n"),
        ("3", "AAAA"),
        ("1.HEADER", None),
        ("1.TEXT", None),
        ("1.1", None),
        ("4", None),
        ("99.99.99.MIME", None),
    ],
)
def test_parts_are_fetched_by_number(
    selected: ImapSession, said: Callable[..., str], section: str, wanted: str | None
) -> None:
    """What is not there is NIL; a header and a text have only messages (google.md 3.10)."""
    answer = said(selected.receive(f"a FETCH 1 BODY.PEEK[{section}]\r\n".encode()))

    value = "NIL" if wanted is None else f"{{{len(wanted)}}}\r\n{wanted}"
    assert answer == f"* 1 FETCH (BODY[{section}] {value})\r\na OK Success\r\n"


def test_parts_come_in_pieces_too(selected: ImapSession, said: Callable[..., str]) -> None:
    """A range of a part; past its end there is nothing."""
    answer = said(selected.receive(b"a FETCH 1 (BODY.PEEK[1]<1.3> BODY.PEEK[3]<9.9> BODY.PEEK[9]<0.1>)\r\n"))

    assert answer == "* 1 FETCH (BODY[1]<1> {3}\r\nne\r BODY[3]<9> {0}\r\n BODY[9]<0> NIL)\r\na OK Success\r\n"


@pytest.mark.parametrize(
    ("text", "utf8", "wanted"),
    [
        (None, False, b"NIL"),
        (b"", False, b'""'),
        (b'a "b" \\', False, rb'"a \"b\" \\"'),
        (b"a\x00b", False, b'"ab"'),
        ("ä".encode(), False, b"{2}\r\n\xc3\xa4"),
        ("ä".encode(), True, b'"\xc3\xa4"'),
        (b"\xe4", True, b"{1}\r\n\xe4"),
        (b"a\rb", False, b"{3}\r\na\rb"),
        (b"x" * 5000, False, b"{5000}\r\n" + b"x" * 5000),
    ],
)
def test_strings_are_quoted_where_they_may_be(text: bytes | None, utf8: bool, wanted: bytes) -> None:
    """A literal holds what quotes must not; UTF-8 in quotes only for who enabled it."""
    assert structure.string(text, utf8=utf8) == wanted


# --- whatever the bytes ---


def parsed(response: bytes) -> Any:
    """Return a response as nested lists; fails where it breaks the grammar."""
    token = re.compile(rb'\(|\)|NIL|\d+|"(?:[^"\\\r\n\x00\x80-\xff]|\\["\\])*"|\{(\d+)\}\r\n')
    stack: list[list[Any]] = [[]]
    position = 0
    while position < len(response):
        match = token.match(response, position)
        assert match, response[position : position + 80]
        position = match.end()
        if match[0] == b"(":
            stack.append([])
        elif match[0] == b")":
            inner = stack.pop()
            stack[-1].append(inner)
        elif match[1]:
            literal = response[position : position + int(match[1])]
            assert b"\x00" not in literal
            position += len(literal)
            stack[-1].append(literal)
        else:
            stack[-1].append(None if match[0] == b"NIL" else match[0])
        position += response.startswith(b" ", position)
    assert len(stack) == 1
    return stack[0][0]


def judge_envelope(value: Any) -> None:
    """RFC 3501 section 9: ten fields, six of them lists of addresses that are not empty."""
    assert len(value) == 10
    for people in value[2:8]:
        assert people is None or (people and all(len(one) == 4 for one in people))


def judge_body(value: Any, part: Part, raw: bytes) -> None:
    """RFC 3501 section 9, body; and that the tree's offsets say the same."""
    if isinstance(value[0], list):
        inner = [one for one in value if isinstance(one, list)][: len(part.parts)]
        assert len(inner) == len(part.parts)
        for one, below in zip(inner, part.parts, strict=True):
            judge_body(one, below, raw)
        assert len(value) == len(part.parts) + 4
        return
    kind, subtype, parameters, _, _, encoding, size, *rest = value
    assert None not in (kind, subtype, encoding)
    assert parameters is None or len(parameters) % 2 == 0
    assert raw[part.start : part.end] == part.header_bytes + part.body_bytes
    assert int(size) == len(part.body_bytes)
    if (kind, subtype) == (b'"MESSAGE"', b'"RFC822"'):
        assert part.message
        judge_envelope(rest[0])
        judge_body(rest[1], part.message, raw)
        rest = rest[2:]
    assert len(rest) == (4 if kind in (b'"TEXT"', b'"MESSAGE"') and rest[0] and rest[0].isdigit() else 3)


def judge(raw: bytes) -> None:
    """Check all that can be said of a message's structure."""
    tree = mime_tree.parse(raw)
    judge_envelope(parsed(structure.envelope(tree)))
    judge_body(parsed(structure.body(tree, extended=True)), tree, raw)
    parsed(structure.body(tree, extended=False))


pieces = st.lists(
    st.sampled_from(
        [
            b"--b\r\n",
            b"--b--\r\n",
            b"\r\n",
            b"\n",
            b"Content-Type: multipart/mixed; boundary=b\r\n",
            b"Content-Type: message/rfc822\r\n",
            b'Content-Type: text/html; x="\\"\xff\x00"; y*0=a; y*1*=b\r\n',
            b"Content-Disposition: a; b=\x80\r\n",
            b"Content-Language: en, de\r\n",
            b"From: \xe4 <a@b>, c (d: e;\r\n",
            b"To: a:;, b <@c:d>,\r\n\t<\r\n",
            b"Subject: " + b"x" * 5000 + b"\r\n",
        ]
    )
    | st.binary(max_size=12)
).map(b"".join)


@given(pieces)
def test_any_bytes_have_a_structure_by_the_grammar(raw: bytes) -> None:
    """Nothing raises, strings are well-formed, and sizes are those of the parts."""
    judge(raw)


def real_mail() -> Iterator[bytes]:
    """Yield the messages of a folder of folders of .eml files: GMAILSYNC_CORPUS, or beside the project."""
    beside = Path(__file__).parents[3] / "shared" / "corpus"
    where = Path(os.environ.get("GMAILSYNC_CORPUS") or beside)
    yield from (path.read_bytes() for path in sorted(where.rglob("*.eml")))


@pytest.mark.skipif(not next(real_mail(), None), reason="needs real mail: GMAILSYNC_CORPUS names folders of .eml files")
def test_real_mail_has_a_structure_that_clients_can_read(open_imap: Callable[[World], ImapSession]) -> None:
    """By the grammar, by IMAPClient, and each part as it is fetched lies in the message's bytes."""
    world = World()
    mail = world.add_account("alice@contoso.com").mail
    messages = [mail.add(raw, labels=["\\Inbox"]) for raw in real_mail() if raw]
    session = open_imap(world)
    session.receive(b"s EXAMINE INBOX\r\n")

    for seq, message in enumerate(messages, 1):
        judge(message.raw)
        tree = mail.structure(message)
        paths = [f"{number}" for number in range(1, len(tree.parts) + 1)] or ["1"]
        asked = " ".join(f"BODY.PEEK[{path}.MIME] BODY.PEEK[{path}]" for path in paths)
        *_, last = session.receive(f"a FETCH {seq} (ENVELOPE BODYSTRUCTURE {asked})\r\n".encode())
        answer: Any = parse_fetch_response(literals_apart(last.data))[seq]  # type: ignore[union-attr]  # never a Close
        assert answer[b"BODYSTRUCTURE"].is_multipart is bool(tree.parts)
        for path in paths:
            header, content = answer[f"BODY[{path}.MIME]".encode()], answer[f"BODY[{path}]".encode()]
            assert (header + content if tree.parts else content) in message.raw
    assert len(messages) > 500


def literals_apart(data: bytes) -> list[Any]:
    """Return a FETCH response as IMAPClient hands it to its parser: literals apart from the text before them."""
    response, _, _ = data.rpartition(b"a OK")
    text = response.removeprefix(b"* ").removesuffix(b"\r\n")
    text = re.sub(rb"^(\d+) FETCH ", rb"\1 ", text)
    apart: list[Any] = []
    while match := re.search(rb"\{(\d+)\}\r\n", text):
        end = match.end() + int(match[1])
        apart.append((text[: match.end() - 2], text[match.end() : end]))
        text = text[end:]
    return [*apart, text]
