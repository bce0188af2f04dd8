"""What the notebook `setup_to_sync` needs beside a rehearsal: checked parameters, a beginning and an end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from gmailsync import report, setupfile
from gmailsync.errors import BadInput
from gmailsync.evidence import Evidence
from gmailsync.model.profile import IncomingProtocol
from gmailsync.model.setup import Setup
from gmailsync.simulation.mail import read_mail
from gmailsync.simulation.rehearsal import Rehearsal

LANGUAGES = ("en",)
MOST_MESSAGES = 10_000
"""Of made-up messages; more would take minutes."""


class SetupDoesNotWork(Exception):
    """The verdict of a rehearsal, so that whoever runs the notebook gets a failing status."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The notebook's parameters, checked. `mail` None: `messages` are made up."""

    setup: Setup
    mail: Path | None
    messages: int


def plan(*, setup: str, protocol: str, mail: str, messages: int, language: str) -> Plan:
    """Check the parameters. Raises `BadInput` that names the parameter, its value and what is allowed."""
    if language not in LANGUAGES:
        raise BadInput("language", language, f"one of: {', '.join(LANGUAGES)}")
    if protocol not in set(IncomingProtocol):
        raise BadInput("protocol", protocol, f"one of: {', '.join(IncomingProtocol)}")
    if not isinstance(messages, int) or not 1 <= messages <= MOST_MESSAGES:
        raise BadInput("messages", messages, f"a whole number from 1 to {MOST_MESSAGES}")
    path = Path(mail) if mail else None
    if path is not None:
        read_mail(path)  # before anything is started
    told = setupfile.load(setupfile.find(setup))
    return Plan(_read_by(told, IncomingProtocol(protocol)), path, messages)


def _read_by(told: Setup, protocol: IncomingProtocol) -> Setup:
    """Return the setup read by the notebook's protocol; where that is another one, its switch is on in Gmail."""
    if protocol is told.profile.protocol:
        return told
    by_pop = protocol is IncomingProtocol.POP
    accounts = tuple(
        replace(account, pop=True) if by_pop else replace(account, imap=True) for account in told.google.accounts
    )
    return replace(
        told,
        google=replace(told.google, accounts=accounts),
        profile=replace(told.profile, protocol=protocol),
    )


def begin(chosen: Plan) -> Rehearsal:
    """Start the simulated Google and the program. They end with `finish`, or with the notebook's process."""
    return Rehearsal(chosen.setup).start()


def finish(rehearsal: Rehearsal, output: str) -> None:
    """Write the report into the directory `output`, unless that is empty, and stop the rehearsal."""
    evidence = rehearsal.evidence()
    rehearsal.stop()
    if output:
        report.write(evidence, Path(output))


def require(evidence: Evidence) -> None:
    """Raise `SetupDoesNotWork` with the verdict unless everything worked."""
    if not evidence.ok:
        raise SetupDoesNotWork(report.verdict(evidence))
