"""Tables in lines of text; where there is little room folded at blanks, and where there is less a block for each row.

Rich draws tables, too, but long ones slowly, and in little room it cuts words and times.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len, chop_cells

_GAP = "  "
_LEGIBLE = 20
"""Columns of the terminal: what is no wider, such as a time, stays in one piece."""


def table_lines(
    headings: Sequence[str], rows: Sequence[Sequence[str]], *, room: int | None = None, rule: str = "─"
) -> list[str]:
    """Return a table; `room` is how wide it may be, None for as wide as it is.

    Where a column would be narrower than what is legible, each row becomes a block of its own.
    """
    columns = list(zip(headings, *rows, strict=True))
    widths = [max(map(cell_len, column)) for column in columns]
    if room is not None and _total(widths) > room:
        least = [max(map(_least, column)) for column in columns]
        if _total(least) > room:
            return _blocks(headings, rows)
        _narrow(widths, least, room)
    lines = _row(headings, widths)
    lines.append(_GAP.join(rule * width for width in widths))
    for row in rows:
        lines += _row(row, widths)
    return lines


def field_lines(fields: Sequence[tuple[str, str]]) -> list[str]:
    """Return one thing as lines of name and value."""
    width = max(cell_len(name) for name, _ in fields)
    return [f"{_filled(name, width)}{_GAP}{value}".rstrip() for name, value in fields]


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + len(_GAP) * (len(widths) - 1)


def _least(text: str) -> int:
    """Return how narrow a cell may be: as its longest word, of which long ones are cut."""
    return min(_LEGIBLE, max(map(cell_len, text.split(" "))))


def _narrow(widths: list[int], least: Sequence[int], room: int) -> None:
    """Take columns of the terminal from the widest until all have room."""
    while _total(widths) > room:
        _, widest = max((width, number) for number, width in enumerate(widths) if width > least[number])
        widths[widest] -= 1


def _row(cells: Sequence[str], widths: Sequence[int]) -> list[str]:
    folded = [
        [cell] if cell_len(cell) <= width else _folded(cell, width) for cell, width in zip(cells, widths, strict=True)
    ]
    height = max(map(len, folded))
    lines = []
    for number in range(height):
        parts = [part[number] if number < len(part) else "" for part in folded]
        lines.append(_GAP.join(map(_filled, parts, widths)).rstrip())
    return lines


def _folded(text: str, width: int) -> list[str]:
    """Return the text in lines of this width, divided at blanks where that is possible."""
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        if line and cell_len(line) + 1 + cell_len(word) <= width:
            line += f" {word}"
            continue
        if line:
            lines.append(line)
        *full, line = chop_cells(word, width) or [""]
        lines += full
    return [*lines, line]


def _blocks(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines: list[str] = []
    for row in rows:
        lines += ["", *field_lines(list(zip(headings, row, strict=True)))]
    return lines[1:]


def _filled(text: str, width: int) -> str:
    return text + " " * (width - cell_len(text))
