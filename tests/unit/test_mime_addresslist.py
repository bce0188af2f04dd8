"""Reading lists of addresses as real programs write them."""

from email.utils import getaddresses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmailsync.mime.addresses import named_addresses
from gmailsync.mime.addresslist import mailboxes

ODD_PIECES = [
    "a@b.example", "<a@b.example>", "Bob", '"', "\\", "(", ")", "<", ">", ",", ";", ":", "@", ".", " ", "=?utf-8?q?",
    "?=", "[", "]", "'", "\r", "\u3042", "\ufffd",
]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("bob@example.com <eve@example.org>", [("bob@example.com", "eve@example.org")], id="one as a name"),
        pytest.param("bob@exam <bob@example.com>", [("bob@exam", "bob@example.com")], id="one cut off as a name"),
        pytest.param("Zoë Bär zoe@example.com", [("Zoë Bär", "zoe@example.com")], id="no brackets"),
        pytest.param('"Bär, Zoë" zoe@example.com', [("Bär, Zoë", "zoe@example.com")], id="no brackets, quoted"),
        pytest.param("a@b.example c@d.example", [("", "a@b.example"), ("", "c@d.example")], id="no comma"),
        pytest.param("A <a@b> C <c@d>", [("A", "a@b"), ("C", "c@d")], id="no comma after brackets"),
        pytest.param("a@b.example; C <c@d>", [("", "a@b.example"), ("C", "c@d")], id="semicolons"),
        pytest.param("=?utf-8?q?D,_J?= <j@example.com>", [("=?utf-8?q?D,_J?=", "j@example.com")], id="a comma encoded"),
        pytest.param("=?utf-8?q?Al_=3Cal=40example.com=3E?=", [("Al", "al@example.com")], id="all of it encoded"),
        pytest.param('"Al <al@example.com>', [("Al", "al@example.com")], id="an open quotation mark"),
        pytest.param("Al <al@b.example, c@d.example>", [("Al", "al@b.example"), ("", "c@d.example")], id="half of it"),
        pytest.param("Al (the <al@example.com>", [("Al the", "al@example.com")], id="an open parenthesis"),
        pytest.param('"al@example.com"', [("", "al@example.com")], id="the address quoted"),
        pytest.param("<'al@example.com'>", [("", "al@example.com")], id="in Outlook's quotation marks"),
        pytest.param("<mailto:al@example.com>", [("", "al@example.com")], id="a link"),
        pytest.param("al@example.com (Al (x) B)", [("Al (x) B", "al@example.com")], id="a comment as a name"),
        pytest.param("Al (Tracker) <al@example.com>", [("Al (Tracker)", "al@example.com")], id="a comment in a name"),
        pytest.param("<al(x)@(y)example.com>", [("", "al@example.com")], id="comments in an address"),
        pytest.param("al . b @ example . com", [("", "al.b@example.com")], id="blanks in an address"),
        pytest.param('"a b"@example.com', [("", '"a b"@example.com')], id="a quoted local part"),
        pytest.param('<"a, b"@example.com>', [("", '"a, b"@example.com')], id="a comma in a quoted local part"),
        pytest.param("<@x.example,@y.example:al@z.example>", [("", "al@z.example")], id="a route"),
        pytest.param("al@[IPv6:2001:db8::1]", [("", "al@[IPv6:2001:db8::1]")], id="a domain literal"),
        pytest.param("All: a@b, <c@d>;, e@f", [("", "a@b"), ("", "c@d"), ("", "e@f")], id="a group"),
        pytest.param("undisclosed-recipients:;", [], id="an empty group"),
        pytest.param('"Al \\"B\\"" <al@example.com>', [('Al "B"', "al@example.com")], id="quoted pairs"),
        pytest.param("Al <>, <al>, @example.com, al@, (c), =?utf-8?q?x?=", [], id="nobody"),
    ],
)  # fmt: skip
def test_an_address_is_found_as_people_would_find_it(value: str, expected: list[tuple[str, str]]) -> None:
    """What stands in angle brackets counts first, and the rest is a name."""
    assert named_addresses(value) == expected


@given(
    st.lists(
        st.sampled_from(["a@b.example", "Bob <a@b.example>", '"Bob, J." <a.b@c.example>', "<a@b>", "a@b (Bob)", "Bob"]),
        max_size=4,
    )
)
def test_well_formed_lists_are_read_as_the_stdlib_reads_them(parts: list[str]) -> None:
    """Where no mistake is to be understood there is no difference."""
    value = ", ".join(parts)

    assert mailboxes(value) == [(name, address) for name, address in getaddresses([value]) if "@" in address]


@given(st.lists(st.sampled_from(ODD_PIECES), max_size=14).map("".join))
def test_every_address_found_is_one(value: str) -> None:
    """Whatever stands there, an address has something before its sign and something after it."""
    assert all("@" in address.strip("@") and address == address.strip() for _name, address in mailboxes(value))


@pytest.mark.parametrize("piece", ["(", "<", '"', '<"', '"\\', "=?a?q?", "a ", "a:", ":a@b", "=?utf-8?Q?x?= ", "a . "])
def test_a_list_without_end_is_read_in_time(piece: str) -> None:
    """A field of fifty thousand words takes a moment, and no recursion."""
    assert mailboxes(piece * 50_000 + ", al@example.com")[-1] == ("", "al@example.com")
