"""How true the simulation is to Google, as data: the rows of misconfiguration, what is left out, how sure the rest is.

The numbers and sections are those of google.md, the reference that the simulation is built from. The
tests take from here which rows must be played; `python -m fakes fidelity` prints the page for readers.
"""

from __future__ import annotations

from fakes.fidelity import imap, pop, sign_in, smtp, token_endpoint
from fakes.fidelity.table import Mark as Mark
from fakes.fidelity.table import Row as Row
from fakes.fidelity.table import Section as Section

SECTIONS = (
    Section("7.1", "Console and consent", sign_in.ROWS),
    Section("7.2", "Token endpoint", token_endpoint.ROWS),
    Section("7.3", "IMAP", imap.ROWS),
    Section("7.4", "POP", pop.ROWS),
    Section("7.5", "SMTP", smtp.ROWS),
)
"""Every section of rows there is, in order."""
