from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.gmail.addresses import GROUP_END, Address, addresses
from fakes.gmail.contents import Contents
from fakes.gmail.mail import MailStore
from fakes.gmail.mime_fields import content_type, disposition
from fakes.gmail.mime_tree import DEEPEST, Part, parse
from fakes.ids import Ids
from fakes.world import World


def lines(*text: str) -> bytes:
    """Return lines with CRLF between them and behind the last."""
    return "".join(f"{line}\r\n" for line in text).encode()


def outline(part: Part) -> str:
    """Return the kinds of a message's parts, nested as they are, with what is in them."""
    if part.parts:
        return f"{part.type.subtype.decode()}({' '.join(outline(inner) for inner in part.parts)})"
    if part.message:
        return f"message[{outline(part.message)}]"
    return f"{part.type.subtype.decode()}:{part.body_bytes.decode('latin-1')!r}"


MIXED = ("Content-Type: multipart/mixed; boundary=b", "")
INNER = ("Content-Type: multipart/alternative; boundary=c", "")


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        (lines("Subject: a", "", "text"), "plain:'text\\r\\n'"),
        (b"", "plain:''"),
        (
            lines(*MIXED, "preamble", "--b", "", "one", "--b", "", "two", "--b--", "epilogue"),
            "mixed(plain:'one' plain:'two')",
        ),
        (lines(*MIXED, "--b", "", "one", "", "--b--"), "mixed(plain:'one\\r\\n')"),
        (lines(*MIXED, "--b", "", "--b--"), "mixed(plain:'')"),
        (lines(*MIXED, "--b", "", "one", "cut short"), "mixed(plain:'one\\r\\ncut short\\r\\n')"),
        (lines(*MIXED, "--b", "Content-Type: text/html", "--b--"), "mixed(html:'')"),
        (lines(*MIXED, "--b", "Content-Type: multipart/mixed; boundary=c", "--b--"), "mixed(plain:'')"),
        (lines(*MIXED, "no boundary ever"), "mixed(plain:'')"),
        (lines("Content-Type: multipart/mixed", "", "--b", "", "x"), "mixed(plain:'')"),
        (lines(*MIXED, "--bb", "--b x", " --b", "--b \t", "", "one", "--b--  "), "mixed(plain:'one')"),
        (
            lines(*MIXED, "--b", *INNER, "--c", "", "one", "--c", "", "two", "--c--", "--b", "", "three", "--b--"),
            "mixed(alternative(plain:'one' plain:'two') plain:'three')",
        ),
        (
            lines(*MIXED, "--b", *INNER, "--c", "", "one", "--b", "", "two", "--b--"),
            "mixed(alternative(plain:'one') plain:'two')",
        ),
        (
            lines(*MIXED, "--b", *MIXED, "--b", "", "one", "--b--", "--b", "", "two", "--b--"),
            "mixed(mixed(plain:'one') plain:'two')",
        ),
        (
            lines(*MIXED, "--b", "Content-Type: message/rfc822", "", "Subject: in", "", "text", "--b--"),
            "mixed(message[plain:'text'])",
        ),
        (
            lines("Content-Type: multipart/digest; boundary=b", "", "--b", "", "Subject: in", "", "x", "--b--"),
            "digest(message[plain:'x'])",
        ),
        (
            lines(*MIXED, "--b", "Content-Type: message/rfc822", "", *INNER, "--c", "", "x", "--b", "", "y", "--b--"),
            "mixed(message[alternative(plain:'x')] plain:'y')",
        ),
        (lines(*MIXED, "--b", "", "one", "--b--").replace(b"\r\n", b"\n"), "mixed(plain:'one')"),
        (lines("Content-Type: nonsense", "", "x"), "plain:'x\\r\\n'"),
        (
            lines("Content-Type: multipart/mixed;", ' boundary="b b"', "", "--b b", "", "x", "--b b--"),
            "mixed(plain:'x')",
        ),
        (b"Content-Type: multipart/mixed; boundary=b\x00\r\n\r\n--b\r\n\r\n\x00\r\n--b--", "mixed(plain:'\\x00')"),
    ],
)
def test_parts_lie_where_they_should(raw: bytes, wanted: str) -> None:
    """Boundaries that never come, come twice, or belong to somebody else; parts without header, content or end."""
    assert outline(parse(raw)) == wanted


def test_a_hundred_levels_are_looked_into() -> None:
    """As deep as real mail goes by mistake; deeper than that is one part of unknown content."""

    def nested(depth: int) -> bytes:
        opening = "".join(
            f"Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n" for level in range(depth)
        )
        closing = "".join(f"\r\n--b{level}--" for level in reversed(range(depth)))
        return f"{opening}\r\nneedle{closing}".encode()

    found = parse(nested(100)).find([1] * 100)
    opaque = parse(nested(DEEPEST + 500)).find([1] * DEEPEST)

    assert found is not None
    assert found.body_bytes == b"needle"
    assert opaque is not None
    assert opaque.type.subtype == b"octet-stream"


def test_messages_within_messages_without_end_are_survived() -> None:
    """A thousand forwards of forwards."""
    part = parse(b"Content-Type: message/rfc822\r\n\r\n" * 1000)

    depth = 0
    while part.message:
        part, depth = part.message, depth + 1
    assert depth == DEEPEST


def test_a_boundary_on_every_line_costs_little() -> None:
    """Only so many parts are told apart, and no line is looked at again for each of them."""
    tree = parse(lines(*MIXED) + b"--b\r\n" * 300_000)

    assert len(tree.parts) < 10_001


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ([1], b"one"),
        ([2], b"Subject: in\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\ntwo\r\n--c--"),
        ([2, 1], b"two"),
        ([3, 1], b"three"),
        ([3], b"Subject: plain\r\n\r\nthree"),
        ([4], None),
        ([1, 1], None),
        ([2, 2], None),
        ([3, 1, 1], None),
    ],
)
def test_parts_have_numbers(path: list[int], wanted: bytes | None) -> None:
    """As RFC 3501 section 6.4.5 counts them: into multiparts and into messages within messages."""
    raw = lines(
        *(*MIXED, "--b", "", "one", "--b", "Content-Type: message/rfc822", "", "Subject: in"),
        *("Content-Type: multipart/mixed; boundary=c", "", "--c", "", "two", "--c--"),
        *("--b", "Content-Type: message/rfc822", "", "Subject: plain", "", "three", "--b--"),
    )

    found = parse(raw).find(path)

    assert (found and found.body_bytes) == wanted


def every(part: Part) -> Iterator[Part]:
    """Yield a part and all below it."""
    yield part
    for inner in (*part.parts, *([part.message] if part.message else [])):
        yield from every(inner)


pieces = st.lists(
    st.sampled_from(
        [
            b"--b",
            b"--b--",
            b"--c",
            b"--c--",
            b"\r\n",
            b"\n",
            b"\r",
            b" ",
            b"--",
            b"text",
            b"\x00",
            b"\xff",
            b"From: x@y\r\n",
        ]
        + [b"Content-Type: multipart/mixed; boundary=%b\r\n\r\n" % boundary for boundary in (b"b", b"c", b'""', b'"b')]
        + [b"Content-Type: message/rfc822\r\n\r\n", b"Content-Type: multipart/digest; boundary=c\r\n"]
    )
    | st.binary(max_size=8)
).map(b"".join)


@given(pieces)
def test_offsets_add_up_whatever_the_bytes(raw: bytes) -> None:
    """Each part lies within the one around it, after its siblings; header and content lie side by side in the bytes."""
    tree = parse(raw)

    assert (tree.start, tree.end) == (0, len(raw))
    for part in every(tree):
        assert part.start <= part.body <= part.end
        assert part.header_bytes + part.body_bytes == raw[part.start : part.end]
        position = part.body
        for inner in part.parts:
            assert position <= inner.start
            position = inner.end
        assert position <= part.end
        assert part.message is None or (part.message.start, part.message.end) == (part.body, part.end)


@given(st.recursive(st.text("ab \n"), lambda children: st.lists(children, min_size=1, max_size=3), max_leaves=8))
def test_well_made_mail_is_read_as_the_standard_library_reads_it(shape: object) -> None:
    """Types and contents are those of Python's own parser."""

    def made(shape: object, name: str) -> bytes:
        if isinstance(shape, str):
            return b"Content-Type: text/plain\r\n\r\n" + shape.replace("\n", "\r\n").encode()
        inner = b"".join(
            b"\r\n--%b\r\n%b" % (name.encode(), made(one, f"{name}{place}")) for place, one in enumerate(shape)
        )
        return b"Content-Type: multipart/mixed; boundary=%b\r\n\r\n%b\r\n--%b--" % (name.encode(), inner, name.encode())

    raw = made(shape, "x")
    theirs = [
        part for part in email.message_from_bytes(raw, policy=email.policy.SMTP).walk() if not part.is_multipart()
    ]

    ours = [part for part in every(parse(raw)) if not part.parts]

    assert [part.body_bytes.decode() for part in ours] == [part.get_payload() for part in theirs]


# --- fields ---


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (b"text/plain", ((b"text", b"plain"), ())),
        (b" TEXT / HTML ; Charset = utf-8", ((b"text", b"html"), ((b"Charset", b"utf-8"),))),
        (b'a/b; name="x \\"y\\" z"; c=d', ((b"a", b"b"), ((b"name", b'x "y" z'), (b"c", b"d")))),
        (b"a/b (comment (in it)); c=(x)d(y)", ((b"a", b"b"), ((b"c", b"d"),))),
        (b'a/b; c="never closed', ((b"a", b"b"), ((b"c", b"never closed"),))),
        (b"a/b;;; ; =x; c==d; e", ((b"a", b"b"), ((b"c", b"=d"),))),
        (b"a/b; f*0*=utf-8''%e4; f*1=b; f*2=c", ((b"a", b"b"), ((b"f*", b"utf-8''%e4bc"),))),
        (b"a/b; f*1=b; f*0=a", ((b"a", b"b"), ((b"f", b"ab"),))),
        (b"a/b;\r\n\tc=d\r\n e", ((b"a", b"b"), ((b"c", b"d"),))),
        (b"text", None),
        (b"", None),
        (b"/", None),
        (b"(" * 5000, None),
    ],
)
def test_content_types_are_read(value: bytes, wanted: tuple[object, ...] | None) -> None:
    """Comments, quotes, continuations of RFC 2231, and what is none of them."""
    found = content_type(value)

    assert (found and ((found.kind, found.subtype), found.parameters)) == wanted


def test_dispositions_are_read() -> None:
    """A word and its parameters."""
    assert disposition(b'Attachment; filename="a b.pdf"') == (b"Attachment", ((b"filename", b"a b.pdf"),))
    assert disposition(b";") is None


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (b"bob@x.example", [(None, None, b"bob", b"x.example")]),
        (b"Bob Brown <bob@x>", [(b"Bob Brown", None, b"bob", b"x")]),
        (b'"Brown, Bob" <bob@x>, carol@y', [(b"Brown, Bob", None, b"bob", b"x"), (None, None, b"carol", b"y")]),
        (b"bob@x (Bob Brown)", [(b"Bob Brown", None, b"bob", b"x")]),
        (b"bob(really (him))@x", [(b"really (him)", None, b"bob", b"x")]),
        (b"=?utf-8?q?B?= <bob@x>", [(b"=?utf-8?q?B?=", None, b"bob", b"x")]),
        (b"<@a,@b:bob@x>", [(None, b"@a,@b", b"bob", b"x")]),
        (b'"a b"@x', [(None, None, b"a b", b"x")]),
        (b"bob@[127.0.0.1]", [(None, None, b"bob", b"[127.0.0.1]")]),
        (b"Us: a@x, b@y;", [(None, None, b"Us", None), (None, None, b"a", b"x"), (None, None, b"b", b"y"), GROUP_END]),
        (b"undisclosed-recipients:;", [(None, None, b"undisclosed-recipients", None), GROUP_END]),
        (b"never closed: bob@x", [(None, None, b"never closed", None), (None, None, b"bob", b"x"), GROUP_END]),
        (b"bob", [(None, None, b"bob", b"")]),
        (b"bob@", [(None, None, b"bob", b"")]),
        (b"<>", [(None, None, b"", b"")]),
        (b"name@home <bob@x>", [(b"name@home", None, b"bob", b"x")]),
        (b"<a@b> <bob@x>", [(None, None, b"bob", b"x")]),
        (b"bob@x carol@y", [(None, None, b"bob", b"x")]),
        (b" , ,", []),
        (b"", []),
        (b"J\xf6rg <j@x>", [(b"J\xf6rg", None, b"j", b"x")]),
    ],
)  # fmt: skip
def test_addresses_are_read(value: bytes, wanted: list[tuple[bytes | None, ...] | Address]) -> None:
    """Names, comments, groups, routes, and what is no address at all."""
    made = [one if isinstance(one, Address) else Address(*one) for one in wanted]

    assert addresses(value) == made


@given(st.binary() | st.text('<>@,:;()"\\ ab.').map(str.encode))
def test_fields_can_be_anything(value: bytes) -> None:
    """Nothing raises."""
    content_type(value)
    disposition(value)
    addresses(value)


@pytest.mark.parametrize(
    ("field", "wanted"),
    [
        ('Content-Disposition: attachment; filename="a.pdf"', ["a.pdf"]),
        ("Content-Disposition: attachment; filename*=UTF-8''%E8%B3%87%E6%96%99.pdf", ["資料.pdf"]),
        ("Content-Disposition: attachment; filename*0*=UTF-8''%E8%B3%87; filename*1*=%E6%96%99.pdf", ["資料.pdf"]),
        ("Content-Disposition: attachment; filename*=x-none''a", ["a"]),
        ('Content-Type: image/png; name="=?utf-8?q?b=2Epng?="', ["b.png"]),
        ("Content-Disposition: attachment", [""]),
        ("Content-Disposition: inline", []),
    ],
)
def test_attachments_have_names(world: World, field: str, wanted: list[str]) -> None:
    """Plain, in encoded words, extended, continued, or none."""
    message = MailStore(world.clock, Ids()).add(lines(*MIXED, "--b", field, "", "x", "--b--"), labels=[])

    assert Contents(message).files == wanted
