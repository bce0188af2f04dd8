"""What the state machines of incoming mail share."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test
from living import TOLD


@pytest.fixture
def live(made_home, monkeypatch):
    """Return a function that lets a machine live as Hypothesis is told; each life copies a made home."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")

    def run(kind, **told):
        machine = type("Machine", (kind,), {"made_home": made_home})
        run_state_machine_as_test(machine, settings=settings(TOLD, **told))

    return run
