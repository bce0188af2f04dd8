"""The documentation is run, not believed.

* ``python`` blocks of a page run in one namespace, in order.
* ``console`` blocks of a page run as one bash script in an empty folder with an empty HOME. A block after the comment
  ``<!-- another shell -->`` runs in the background until the page ends; ``<!-- not run: REASON -->`` leaves one out.
* ``yaml`` blocks that start with ``environment:`` are loaded as setup files.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from gmailsync.errors import GmailSyncError
from gmailsync.setupfile import load

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").rglob("*.md"))
BLOCK = re.compile(r"(?:<!-- (?P<comment>[^>]+) -->\n *)?```(?P<language>\w+)\n(?P<text>.*?)```", re.DOTALL)

NEEDS = {"curl ": pytest.mark.needs_package("curl"), "node ": pytest.mark.needs_package("nodejs")}
"""What a block says -> the package that it then needs."""

LONG = {("run-a-runbook", "console"): pytest.mark.slow}
"""Pages whose commands a plain run has no time for; tests/notebooks runs the same runbook by the same command."""


@dataclass(frozen=True)
class Block:
    language: str
    text: str
    comment: str

    @property
    def is_run(self) -> bool:
        return not self.comment.startswith("not run:")


def blocks(page: Path, language: str) -> list[Block]:
    found = BLOCK.finditer(page.read_text(encoding="utf-8"))
    return [
        block
        for match in found
        if (block := Block(match["language"], match["text"], match["comment"] or "")).language == language
    ]


def pages_with(language: str) -> list[object]:
    found = {page: [block for block in blocks(page, language) if block.is_run] for page in PAGES}
    return [
        pytest.param(
            page,
            id=page.stem,
            marks=[mark for word, mark in NEEDS.items() if any(word in block.text for block in run)]
            + [mark for long, mark in LONG.items() if long == (page.stem, language)],
        )
        for page, run in found.items()
        if run
    ]


@pytest.mark.parametrize("page", [*pages_with("python"), pytest.param(ROOT / "README.md", id="README")])
def test_python_blocks_run(page, tmp_path, monkeypatch):
    """Every Python block of the page runs as it stands."""
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {"__name__": page.stem}

    # Not the page's path: whoever looks for the source of a function would read Markdown as Python.
    source = f"<{page.name}>"

    for block in blocks(page, "python"):
        exec(compile(block.text, source, "exec"), namespace)  # noqa: S102 - running the docs is the point


@pytest.mark.parametrize("page", pages_with("console"))
def test_console_blocks_run(page, tmp_path):
    """Every console block of the page runs in a shell, and all commands succeed."""
    script = ["set -euo pipefail", "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT"]
    script += [
        f"{block.text.strip()} &" if block.comment == "another shell" else block.text
        for block in blocks(page, "console")
        if block.is_run
    ]
    bin_folder = Path(sys.executable).parent
    environment = {
        "HOME": str(tmp_path),
        "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    }

    run = subprocess.run(
        ["bash", "-c", "\n".join(script)], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=180
    )

    assert run.returncode == 0, f"{run.stdout}\n{run.stderr}"


@pytest.mark.parametrize("page", pages_with("yaml"))
def test_setup_files_load(page, tmp_path):
    """Every setup file shown is one that gmailsync takes."""
    for block in blocks(page, "yaml"):
        if block.text.startswith("environment:"):
            file = tmp_path / "setup.yaml"
            file.write_text(block.text, encoding="utf-8")
            load(file)


def error_classes() -> list[type[GmailSyncError]]:
    found: list[type[GmailSyncError]] = []
    todo = [GmailSyncError]
    while todo:
        found.append(kind := todo.pop())
        todo += kind.__subclasses__()
    return found


def test_every_error_code_is_documented():
    """The reference of error codes names each code, and no other."""
    page = (ROOT / "docs/reference/errors.md").read_text(encoding="utf-8")

    documented = set(re.findall(r"^\| `([^`]+)`", page, re.MULTILINE))

    assert documented == {kind.code for kind in error_classes()}


def test_relative_links_lead_somewhere():
    """No link between the pages is broken."""
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in [*PAGES, ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]

    assert broken == []


def test_the_table_of_hard_cases_names_their_tests():
    """Each case with the files that have tests of its name, and no other."""
    page = (ROOT / "docs/explanation/hard-cases.md").read_text(encoding="utf-8")
    tests = {
        (int(number), file.relative_to(ROOT / "tests").as_posix())
        for file in (ROOT / "tests").rglob("test_*.py")
        for number in re.findall(r"^def test_hard_case_(\d+)_", file.read_text(encoding="utf-8"), re.MULTILINE)
    }

    rows = re.findall(r"^\| (\d+) \|[^|]+\|([^|]+)\|$", page, re.MULTILINE)

    assert {(int(number), file) for number, files in rows for file in re.findall(r"`([^`]+)`", files)} == tests
