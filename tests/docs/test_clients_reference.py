"""The client matrix on the page of fidelity tells of tests that there are, in versions that they are run with."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.version import Version

from fakes.fidelity.clients import CLIENTS, LEFT_OUT, Client, Origin

TESTS = Path(__file__).parents[1]
OTHERS = {"test_node_door.py"}
"""What lies beside the clients and runs none."""

FILES = [
    *(file for file in TESTS.glob("interop/test_*.py") if file.name not in OTHERS),
    *TESTS.glob("interop/clients/test_*.py"),
    TESTS / "fakes/test_shell_curl.py",
]


def names_of_tests() -> set[str]:
    """Return the names of all tests that run a client, from the folder `tests` on."""
    return {
        f"{file.relative_to(TESTS).as_posix()}::{node.name}"
        for file in FILES
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def installed(client: Client) -> str:
    """Return the version that the tests run, as its origin tells it."""
    match client.origin:
        case Origin.PYTHON:
            return "{}.{}".format(*sys.version_info)
        case Origin.PYPI:
            return metadata.version(client.name)
        case Origin.NPM:
            pinned = json.loads((TESTS / "interop/node/package.json").read_text(encoding="utf-8"))
            return pinned["dependencies"][client.name]
    if not shutil.which("dpkg-query"):
        pytest.skip("only Debian tells which version of a package is there")
    command = ["dpkg-query", "--show", "--showformat=${Version}", client.name]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        pytest.skip(f"{client.name} is not installed")
    return run.stdout


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: f"{client.name}-{client.origin}")
def test_every_client_has_a_test(client):
    """One whose name begins as the table says."""
    assert [name for name in names_of_tests() if name.startswith(client.tested_by)]


def test_every_test_of_a_client_is_in_the_table():
    """So that a client that is added shows on the page."""
    begun = tuple(client.tested_by for client in CLIENTS)

    assert [name for name in names_of_tests() if not name.startswith(begun)] == []


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: f"{client.name}-{client.origin}")
def test_the_version_is_not_newer_than_what_is_run(client):
    """Those of npm are pinned; of the others a newer one may come without a change here."""
    version = installed(client)

    if client.origin is Origin.NPM:
        assert version == client.version
    elif client.origin is Origin.DEBIAN:
        command = ["dpkg", "--compare-versions", version, "ge", client.version]
        assert subprocess.run(command, check=False).returncode == 0, version
    else:
        assert Version(version) >= Version(client.version)


def test_no_cell_breaks_the_table():
    """No bar and no line break in what is told."""
    cells = [text for client in CLIENTS for text in (client.name, client.speaks, client.signs_in_by, client.showed)]
    cells += [text for one in LEFT_OUT for text in (one.client, one.matter, one.reason)]

    assert not [cell for cell in cells if re.search(r"[|\n]", cell)]
