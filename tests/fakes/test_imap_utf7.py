from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.imap import utf7

# Seen in LIST of real accounts (google.md 3.5).
NAMES = [
    ("INBOX", "INBOX"),
    ("R&D", "R&-D"),
    ("[Gmail]/すべてのメール", "[Gmail]/&MFkweTBmMG4w4TD8MOs-"),
    ("[Gmail]/迷惑メール", "[Gmail]/&j,dg0TDhMPww6w-"),
    ("[Gmail]/Entwürfe", "[Gmail]/Entw&APw-rfe"),
    ("Tüm😀", "T&APw-m&2D3eAA-"),
]


@pytest.mark.parametrize(("name", "wire"), NAMES)
def test_names_are_written_as_gmail_writes_them(name: str, wire: str) -> None:
    """Both ways, with names from real accounts."""
    assert utf7.encode(name) == wire
    assert utf7.decode(wire) == name


@pytest.mark.parametrize("wire", ["ゴミ箱", "&MLQ", "&####-", "&2D0-", "&AA-"])
def test_what_is_no_modified_utf7_is_refused(wire: str) -> None:
    """Raw 8-bit, bad base64 and half characters are no names; a missing final dash is forgiven."""
    if wire == "&MLQ":
        assert utf7.decode(wire) == "ゴ"
    else:
        with pytest.raises(ValueError, match=r"."):
            utf7.decode(wire)


@given(st.text(st.characters(codec="utf-8")))
def test_decoding_is_the_inverse_of_encoding(name: str) -> None:
    """Every name comes back, and crosses the wire in printable ASCII."""
    wire = utf7.encode(name)

    assert utf7.decode(wire) == name
    assert wire.isascii()
    assert wire.isprintable()
