"""The rows of google.md 7.4: mistakes that show by POP."""

from __future__ import annotations

from fakes.fidelity.table import Mark, Row, Where

_P = (Where.POP,)

ROWS = (
    Row("81", "POP not enabled in Gmail", _P, Mark.VERIFIED),
    Row("82", "POP off in the organisation", _P, Mark.VERIFIED),
    Row("83", "Access token bad or too narrow", _P, Mark.RECALLED),
    Row("84", "Only some mail arrives: a session lists a batch", _P, Mark.VERIFIED),
    Row("85", "A second client finds nothing: the first has fetched it", _P, Mark.RECALLED),
    Row("86", "POP enabled for mail from now on, history wanted", _P, Mark.VERIFIED),
    Row("87", "Gmail's copy set to be deleted", _P, Mark.VERIFIED),
    Row("88", "Two sessions at once, or one every minute", _P, Mark.VERIFIED),
)
