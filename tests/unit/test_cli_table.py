"""Tables in lines of text: in a pipe, on a wide terminal, and on narrow ones."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from gmailsync.cli.table import table_lines

HEADINGS = ("Address", "Last success", "Audit")
ROWS = [
    ("alice@contoso.com", "2026-11-23T08:15:09Z", "40 of 40, 1 given up, 2026-11-22T12:00:00Z"),
    ("bob@contoso.com", "–", "–"),
]


def test_a_pipe_gets_one_line_for_each_row():
    """Nothing is folded where there is no width, and no blank ends a line."""
    assert table_lines(HEADINGS, ROWS) == [
        "Address            Last success          Audit",
        "─────────────────  ────────────────────  ──────────────────────────────────────────",
        "alice@contoso.com  2026-11-23T08:15:09Z  40 of 40, 1 given up, 2026-11-22T12:00:00Z",
        "bob@contoso.com    –                     –",
    ]


def test_where_there_is_little_room_the_widest_column_is_folded_at_blanks():
    """What is read in one piece, such as an address or a time, stays in one."""
    assert table_lines(HEADINGS, ROWS, room=65) == [
        "Address            Last success          Audit",
        "─────────────────  ────────────────────  ────────────────────────",
        "alice@contoso.com  2026-11-23T08:15:09Z  40 of 40, 1 given up,",
        "                                         2026-11-22T12:00:00Z",
        "bob@contoso.com    –                     –",
    ]


def test_where_there_is_less_each_row_is_a_block():
    """A name and its value on a line, as of one thing alone."""
    assert table_lines(HEADINGS, ROWS, room=60) == [
        "Address       alice@contoso.com",
        "Last success  2026-11-23T08:15:09Z",
        "Audit         40 of 40, 1 given up, 2026-11-22T12:00:00Z",
        "",
        "Address       bob@contoso.com",
        "Last success  –",
        "Audit         –",
    ]


def test_characters_of_double_width_stay_in_line():
    """A terminal shows Japanese in two columns for each character."""
    assert table_lines(("Subject", "Size"), [("注文の確認", "276"), ("Hello", "3")], rule="-") == [
        "Subject     Size",
        "----------  ----",
        "注文の確認  276",
        "Hello       3",
    ]


@given(st.lists(st.tuples(st.text("ab 注\u0301", max_size=60), st.text("xyz ", max_size=60)), max_size=4))
def test_a_folded_table_fits_and_loses_no_word(rows):
    """Whatever the cells say: no line is wider than the room, and every character is there."""
    lines = table_lines(("A", "B"), rows, room=42)

    assert max(map(cell_len, lines)) <= 42
    said = "".join(cell for row in rows for cell in row)
    shown = "".join(lines[2:])
    assert sorted(shown.replace(" ", "")) == sorted(said.replace(" ", ""))
