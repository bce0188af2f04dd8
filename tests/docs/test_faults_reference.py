"""The reference of faults has every word, and no other."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from fakes.faults.effects import WORDS
from fakes.faults.fault import ANY, COMMANDS, CONNECT, TLS, Fault

PAGE = (Path(__file__).parents[2] / "docs/reference/faults.md").read_text(encoding="utf-8")


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the table after a heading."""
    table = PAGE.partition(heading)[2].lstrip().partition("\n\n")[0] if heading else PAGE
    return [line.strip("|").split("|") for line in table.splitlines() if line.startswith("| `")]


def test_every_word_for_what_happens_is_there():
    """The first column of the last table, without arguments."""
    cells = [cell for cell, *_ in rows("## WHAT")]

    documented = {re.split("[=@]", word)[0] for cell in cells for word in re.findall("`([^`]+)`", cell)}

    assert documented == WORDS


def test_every_command_that_can_fail_is_there():
    """Each server's row names all of its commands; the words for all servers stand above."""
    section = PAGE.partition("## WHERE and WHEN")[2].partition("## WHAT")[0]
    above = set(re.findall("`([^`]+)`", section.partition("| WHERE")[0]))

    for where, when in [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| `")]:
        documented = set(re.findall("`([^`]+)`", when)) | above - {CONNECT, TLS, ANY}
        assert COMMANDS[where.strip("`")] - documented == set()
        assert documented - COMMANDS[where.strip("`")] <= above

    assert {CONNECT, TLS, ANY} <= above


def test_every_field_of_a_fault_is_there():
    """The words of the call, and of the JSON."""
    named = {field.name for field in fields(Fault)}

    assert {cell.strip(" `") for cell, *_ in rows("") if cell.strip(" `") in named} == named - {"where", "when", "what"}
