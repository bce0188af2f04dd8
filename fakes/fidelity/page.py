"""The page `docs/reference/fidelity.md`, made from the tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fakes.fidelity import SECTIONS
from fakes.fidelity.clients import CLIENTS, LEFT_OUT
from fakes.fidelity.statements import NOT_IMITATED, STATEMENTS, YARDSTICKS
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
    parts = [_OPENING, _summary(), *map(_rows, SECTIONS), _not_imitated(), _statements(), _yardsticks(), _clients()]
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


def _yardsticks() -> str:
    lines = [(one.name, one.measures, one.result) for one in YARDSTICKS]
    opening = "Where Gmail does as the standards have it, an account in classic mode is measured by what others wrote."
    return f"## Yardsticks of IMAP\n\n{opening}\n\n" + _table(("By", "What", "Result"), lines)


def _clients() -> str:
    opening = (
        "Programs and libraries that know nothing of the simulation. Each signs in, reads or sends, is refused\n"
        "with its own error, and leaves the servers in order. They dial Google's own names, or the address for\n"
        "which they check Google's name. A version is the oldest one that the tests are run with."
    )
    lines = [(one.name, one.version, one.origin, one.speaks, one.signs_in_by, one.showed) for one in CLIENTS]
    table = _table(("Client", "Version", "From", "Speaks", "Signs in by", "Showed"), lines)
    left_out = _table(("Client", "Left out", "Reason"), [(one.client, one.matter, one.reason) for one in LEFT_OUT])
    return f"## Clients\n\n{opening}\n\n{table}\n\n{left_out}"


def _table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    rule = ["---"] * len(head)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, rule, *lines])
