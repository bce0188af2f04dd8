"""The runbook `setup_to_sync`, as people run it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gmailsync import runbook
from gmailsync.errors import BadInput

pytest.importorskip("papermill", reason="needs the extra runbooks")
nbformat = pytest.importorskip("nbformat", reason="needs the extra runbooks")

NOTEBOOKS = sorted(runbook.notebooks().glob("*.ipynb"))
LONGEST_CELL = 8


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    """Run the runbook once, with a few messages."""
    return runbook.run("setup_to_sync", {"messages": "8"}, tmp_path_factory.mktemp("out"))


def cells(path: Path):
    return nbformat.read(path, as_version=4).cells


def shown(path: Path, kind: str) -> list[str]:
    """Return every output of this MIME type."""
    outputs = [output for cell in cells(path) if cell.cell_type == "code" for output in cell.outputs]
    return [output.data[kind] for output in outputs if kind in output.get("data", {})]


def test_the_example_works(result):
    """Seven steps, mail both ways, a good verdict."""
    assert result.failure == ""
    assert result.ok
    assert result.evidence.incoming.stored == result.evidence.incoming.delivered == 8
    assert result.evidence.outgoing.sent == result.evidence.outgoing.queued > 0


def test_the_results_lie_in_the_output_directory(result):
    """The executed notebook, the HTML report and the evidence."""
    assert [word for word, _ in result.files] == ["executed notebook", "HTML report", "evidence"]
    assert json.loads(result.evidence_file.read_text())["ok"] is True
    assert "all seven steps passed" in result.report.read_text()


def test_the_executed_notebook_shows_evidence_and_pictures(result):
    """Every step's table, the diagram, the chart and the verdict are seen without running anything."""
    tables = shown(result.notebook, "text/html")

    assert sum("passed" in table and "Step" in table for table in shown(result.notebook, "text/plain")) == 7
    assert sum(table.startswith("<svg") for table in tables) == 2
    assert "The setup works" in tables[-1]


def test_no_secret_is_in_what_was_written(result):
    """Neither notebook nor report nor evidence holds a token, code or client secret."""
    for _, path in result.files:
        text = path.read_text()
        for shape in ("GOCSPX-", "ya29.", "1//0", "4/0A"):
            assert all(rest[:1] == "…" for rest in text.split(shape)[1:]), f"{shape} in {path.name}"


def test_a_setup_that_does_not_work_is_a_result_and_not_ok(tmp_path):
    """The notebook runs to its end, shows the failing step, and fails with the verdict."""
    setup = tmp_path / "setup.yaml"
    setup.write_text("environment: https://contoso.crm.dynamics.com\ngoogle: {consent_screen: {test_users: []}}\n")

    result = runbook.run("setup_to_sync", {"setup": str(setup)}, tmp_path / "out")

    assert not result.ok
    assert result.failure.startswith("SetupDoesNotWork: The setup does not work: step 5 failed")
    assert result.evidence.first_failing_step == 5
    assert "Error 403: access_denied" in result.report.read_text()


def test_a_history_is_played_and_compared(cli, tmp_path):
    """What happened since is a cell of its own; a setup that worked once does not work, and says what ended it."""
    out = tmp_path / "week"

    ran = cli("runbook", "run", "setup_to_sync", "--output", out, "-p", "setup", "one_week_later", "-p", "messages", 2)

    assert ran.status == 1
    told = json.loads((out / "evidence.json").read_text())
    tables = "".join(shown(out / "setup_to_sync.ipynb", "text/html"))
    assert not told["ok"]
    assert told["expectation"]["seen"]
    assert "oauth.grant-dead since 2026-01-12" in tables
    assert "What the customer saw is seen here: oauth.grant-dead at history." in tables
    assert "does not any more since this: 3 days pass" in (out / "report.html").read_text()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"colour": "blue"}, "parameter: 'colour': one of: setup, protocol, mail, messages, language"),
        ({"messages": "0"}, "messages: 0: a whole number from 1 to 10000"),
        ({"protocol": "exchange"}, "protocol: 'exchange': one of: imap, pop"),
        ({"language": "fr"}, "language: 'fr': one of: en"),
        ({"setup": "fabrikam"}, "setup: 'fabrikam': a setup file, or an example: contoso, one_week_later"),
    ],
)
def test_a_bad_parameter_is_refused_in_one_line(given, message, tmp_path):
    """Whether the runner or the notebook refuses, it reads the same."""
    with pytest.raises(BadInput) as caught:
        runbook.run("setup_to_sync", given, tmp_path)

    assert caught.value.message == message


def test_a_bad_setup_file_is_refused_with_its_line(tmp_path):
    """The notebook's complaint about a file is bad input of whoever runs it."""
    (tmp_path / "setup.yaml").write_text("environment: https://contoso.crm.dynamics.com\nprofle: {}\n")

    with pytest.raises(BadInput, match=r"setup\.yaml:2: profle: unknown key: did you mean profile"):
        runbook.run("setup_to_sync", {"setup": str(tmp_path / "setup.yaml")}, tmp_path)


def test_an_earlier_result_is_not_taken_for_this_one(tmp_path):
    """Evidence of an earlier run does not lie beside a run that was refused."""
    (tmp_path / "evidence.json").write_text('{"ok": true}')

    with pytest.raises(BadInput):
        runbook.run("setup_to_sync", {"language": "fr"}, tmp_path)

    assert not (tmp_path / "evidence.json").exists()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_kept_without_outputs(path):
    """What a run shows belongs to the run, not to the repository."""
    for cell in cells(path):
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_have_the_runbooks_form(path):
    """Purpose, parameters, one setup cell, then short cells that call the package."""
    first, second, *rest = cells(path)

    assert first.source.startswith("# ")
    assert second.metadata.get("tags") == ["parameters"]
    assert all(len(cell.source.splitlines()) <= LONGEST_CELL for cell in rest)
