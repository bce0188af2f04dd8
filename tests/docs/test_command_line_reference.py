"""An undocumented command or option fails."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from gmailsync.cli import app

PAGE = (Path(__file__).parents[2] / "docs/reference/command-line.md").read_text(encoding="utf-8")


def commands(command: Any, path: tuple[str, ...] = ("gmailsync",)) -> Iterator[tuple[str, Any]]:
    children = getattr(command, "commands", None)
    if children is None:
        yield " ".join(path), command
        return
    for name, child in children.items():
        yield from commands(child, (*path, name))


ALL = dict(commands(typer.main.get_command(app)))


def section(path: str) -> str:
    """Return what the page says under the command's heading."""
    _, _, rest = PAGE.partition(f"\n### `{path}")
    return rest.partition("\n### ")[0]


@pytest.mark.parametrize("path", ALL)
def test_command_and_its_options_are_documented(path):
    """The reference has a section for the command that names each of its options."""
    options = {option for parameter in ALL[path].params for option in parameter.opts if option.startswith("--")} - {
        "--help"
    }

    missing = {option for option in options if f"`{option}`" not in section(path)}

    assert section(path)
    assert missing == set()


def test_no_command_is_documented_that_does_not_exist():
    """The reference invents nothing."""
    documented = [line.strip("#` ") for line in PAGE.splitlines() if line.startswith("### ")]

    invented = [heading for heading in documented if not any(heading.startswith(path) for path in ALL)]

    assert invented == []
