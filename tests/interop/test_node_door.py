"""A Node program uses the door, with nothing but Node's own `fetch`."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from fakes.google import SimulatedGoogle
from fakes.standalone import Standalone

PROGRAM = Path(__file__).parent / "node" / "door.mjs"
NODE = "node@contoso.com"


@pytest.mark.needs_package("nodejs")
def test_node_has_the_verbs_of_python(tmp_path):
    """Accounts, mail, tokens, faults and the clock; many requests at once, and refusals as JSON."""
    with SimulatedGoogle() as google, Standalone(google) as served:
        network = served.network.write(tmp_path / "network.json")

        run = subprocess.run(
            ["node", PROGRAM],
            env={**os.environ, "GMAILSYNC_NETWORK": str(network)},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )

    report = json.loads(run.stdout)
    assert report["account"] == NODE
    assert report["statuses"] == [200]
    assert sorted(report["subjects"]) == list(range(20))
    assert [message.raw[-3:] for message in google.account(NODE).mail.messages()] == [b"\xff\x00\n"] * 20
    assert report["hours"] == 2
    assert report["faults"] == [["imap FETCH reset", 0]]
    assert report["death"] == "its time is over"
    assert report["refused"]["status"] == 400
    assert report["refused"]["told"]["error"].startswith("by: 'soon': a length such as 8d")
    assert report["stranger"] == 401
