"""The page `docs/reference/fidelity.md`, made from the tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fakes.fidelity import SECTIONS
from fakes.fidelity.statements import NOT_IMITATED, STATEMENTS
from fakes.fidelity.table import Mark, Row, Section

_OPENING = """\
<!-- Written by `python -m fakes fidelity`; change the tables in fakes/fidelity instead. -->
# How true the simulated Google is

Numbers are those of the reference that the simulated Google is built from. A row that is played has a test with its
number, which makes the mistake, does what the customer did, and compares what Google says with the reference.

Marks tell how sure the words are: **verified**, seen in a source; **recalled**, believed without a source;
**stand-in**, the rule is Google's and the words are invented, because Google's are not known."""


def render() -> str:
    """Return the page in Markdown."""
    parts = [_OPENING, _summary(), *map(_rows, SECTIONS), _not_imitated(), _statements()]
    return "\n\n".join(parts) + "\n"


def _summary() -> str:
    rows = [row for section in SECTIONS for row in section.rows]
    played = [row for row in rows if row.played]
    marks = ", ".join(f"{sum(row.mark is mark for row in played)} {mark}" for mark in Mark)
    return f"{len(played)} of {len(rows)} rows are played: {marks}."


def _rows(section: Section) -> str:
    lines = [(row.number, row.wrong, ", ".join(row.where), row.mark, _state(row)) for row in section.rows]
    return f"## {section.number} {section.title}\n\n" + _table(("#", "What is wrong", "Where", "Mark", "State"), lines)


def _state(row: Row) -> str:
    if not row.played:
        return f"**not played**: {row.not_played}"
    return f"played; left out: {row.left_out}" if row.left_out else "played"


def _not_imitated() -> str:
    lines = [(one.section, one.matter, one.reason) for one in NOT_IMITATED]
    opening = "What else the reference tells, and why it is left out."
    return f"## Not imitated\n\n{opening}\n\n" + _table(("Section", "Matter", "Reason"), lines)


def _statements() -> str:
    lines = [(one.place, one.verified, one.recalled, one.invented) for one in STATEMENTS]
    return "## How sure each answer is\n\n" + _table(("Place", "Verified", "Recalled", "Invented"), lines)


def _table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    rule = ["---"] * len(head)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, rule, *lines])
