"""The page of fidelity says what the tables say, and the tables what the tests show."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from fakes.fidelity import SECTIONS, page

ROOT = Path(__file__).parents[2]
PLAYED_IN = "tests/fakes"
ROW = re.compile(r"(?<![a-z])row[-_](\d+[a-z]?)(?![0-9a-z])")
"""How the id of a test or of one of its parameters names the row it plays."""

ROWS = {row.number: row for section in SECTIONS for row in section.rows}
EXPECTED = {
    "7.1": [str(number) for number in range(1, 37)],
    "7.2": [*map(str, range(37, 56)), "56a", "56b", "56c", "56d"],
    "7.3": [str(number) for number in range(57, 81)],
    "7.4": [str(number) for number in range(81, 89)],
    "7.5": [str(number) for number in range(89, 108)],
}


@pytest.fixture(scope="module")
def tested():
    """Return the numbers in the ids of all tests of the fakes."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", PLAYED_IN]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert run.returncode == 0, run.stdout + run.stderr
    return set(ROW.findall(run.stdout))


def test_the_page_is_what_is_generated():
    """After a change of the tables: `python -m fakes fidelity > docs/reference/fidelity.md`."""
    assert (ROOT / "docs/reference/fidelity.md").read_text(encoding="utf-8") == page.render()


def test_no_row_is_forgotten():
    """Each section has its rows, each once, in order."""
    assert {section.number: [row.number for row in section.rows] for section in SECTIONS} == EXPECTED


def test_every_row_that_is_played_has_a_test_with_its_number(tested):
    """And a row that is not played has none: then its reason is out of date."""
    assert {number for number, row in ROWS.items() if row.played} == tested & set(ROWS)


def test_no_cell_breaks_the_tables():
    """No bar and no line break in what is told."""
    cells = [text for row in ROWS.values() for text in (row.wrong, row.not_played, row.left_out)]

    assert not [cell for cell in cells if re.search(r"[|\n]", cell)]
