"""The table of a sync: what is seldom needed has a column only when it is needed."""

from __future__ import annotations

import pytest

from gmailsync.cli.sync import show
from gmailsync.flows.cycle import Cycle
from gmailsync.flows.pull import Pulled
from gmailsync.flows.push import Pushed

ALICE = Cycle("alice@contoso.com", Pushed(), Pulled(new=2))
SALES = Cycle("sales@contoso.com", None, Pulled(refused=3))
POP = Cycle("pop@contoso.com", None, Pulled(left_out=4))


@pytest.mark.parametrize(
    ("cycles", "columns"),
    [
        pytest.param([ALICE], "New Known Sent", id="nothing refused"),
        pytest.param([ALICE, SALES], "New Known Refused Sent", id="refused"),
        pytest.param([POP], "New Known Left out Sent", id="left out"),
        pytest.param([SALES, POP], "New Known Refused Left out Sent", id="both"),
    ],
)
def test_mail_that_becomes_nothing_has_a_column_when_there_is_some(capsys, cycles, columns):
    """A direction that was not reached has dashes."""
    show(cycles)

    table = capsys.readouterr().out
    heading = " ".join(next(line for line in table.splitlines() if "Mailbox" in line).split())
    assert heading == f"Mailbox {columns} Deferred Failed In doubt Ok"
    assert table.count("–") == 4 * sum(cycle.outgoing is None for cycle in cycles)
