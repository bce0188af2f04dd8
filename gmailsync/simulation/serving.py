"""A simulated Google that stays up, for mail clients, other programs and gmailsync itself in another shell."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from fakes import evidence
from fakes.clock import LiveClock
from fakes.console import ConsoleRefused, OAuthClient, Project
from fakes.evidence import BadEvidence, Evidence
from fakes.google import LOCAL_REDIRECT, SimulatedGoogle
from fakes.network import NetworkMap
from fakes.standalone import Standalone
from gmailsync import setupfile
from gmailsync.errors import BadInput
from gmailsync.evidence import Skipped
from gmailsync.model.secret import Secret
from gmailsync.model.setup import Setup, correct_setup
from gmailsync.model.values import EXAMPLE_ADDRESS
from gmailsync.setupfile import EXAMPLE_ENVIRONMENT
from gmailsync.simulation import google_side


@dataclass(frozen=True, slots=True)
class ServedAccount:
    """An account and the mail it was given."""

    address: str
    imap: bool
    pop: bool
    delivered: int
    skipped: tuple[Skipped, ...] = ()


@dataclass(frozen=True, slots=True)
class Served:
    """What whoever uses the running simulation has to know. `hosts` maps Google's names to loopback.

    `not_played` are the events of the setup's history in which only time passes.
    """

    environment: str
    project: str
    client_id: str
    client_secret: Secret
    redirect_uris: tuple[str, ...]
    ca_file: str
    hosts: dict[str, str]
    proxy: str
    door: str
    network_file: Path | None
    accounts: tuple[ServedAccount, ...]
    not_played: tuple[str, ...] = ()


@contextmanager
def serve(
    setup: Setup | None = None,
    mail: Sequence[tuple[str, Path]] = (),
    network_file: Path | None = None,
    *,
    seed: int = 0,
    evidence_file: Path | None = None,
    replay: Path | None = None,
) -> Iterator[Served]:
    """Serve a setup's Google half on loopback as long as the block runs; its clock runs with the machine's.

    Without a setup it is a correct one for the addresses of `mail`, whose client may also redirect to this machine.
    Google is served as the setup's history left it. Nobody has signed in before, so that there is nothing time could
    end: time in the history is left out. Whoever wants to move the clock does so through the door, which the network
    file names.

    `mail` are (address, path) of mail to seed; `seed` decides every id and token. `replay` names the evidence of an
    earlier simulation, whose setup, seed and deeds go before the others; `evidence_file` is written at the end.
    Raises `BadInput` for mail of an account that is not in the setup, for a path that holds no mail, a file that
    cannot be read or written, or what the console refuses.
    """
    past = None if replay is None else _past(replay)
    if past is not None:
        setup = _setup_of(past, str(replay))
    setup = setup or _correct_for([address for address, _ in mail])
    clock, seed = (past.clock(), past.seed) if past else (LiveClock(), seed)
    with SimulatedGoogle(clock=clock, seed=seed) as google, Standalone(google) as standalone:
        standalone.setup = setupfile.google_half(setup)
        try:
            with standalone.making(past):
                project, client = _configured(google, setup)
                seeded = tuple(_seeded(standalone, setup, mail))
                if past is None:
                    _play(standalone, setup, client.client_id)
        except ValueError as error:
            if past is None:
                raise
            raise BadInput("replay", str(replay), f"evidence that goes as before: {error}") from error
        client = _current(google, client)
        network = standalone.network
        if network_file is not None:
            _write(network, network_file)
        accounts = tuple(_switched(google, account) for account in seeded)
        try:
            yield Served(
                environment=setup.environment,
                project=project.id,
                client_id=client.client_id,
                client_secret=Secret(client.client_secret),
                redirect_uris=client.redirect_uris,
                ca_file=network.ca_file,
                hosts=dict(network.hosts),
                proxy=network.proxy or "",
                door=network.door.url if network.door else "",
                network_file=network_file,
                accounts=accounts,
                not_played=_not_played(setup),
            )
        finally:
            if evidence_file is not None:
                _keep(standalone, evidence_file)


def _past(path: Path) -> Evidence:
    try:
        return Evidence.read(path)
    except BadEvidence as error:
        raise BadInput("replay", str(path), f"the evidence of a simulation ({error})") from error


def _setup_of(past: Evidence, file: str) -> Setup:
    if past.setup is None:
        raise BadInput("replay", file, "evidence of gmailsync simulate; this is for python -m fakes serve --replay")
    return setupfile.parse(json.dumps(past.setup).encode(), file)


def _configured(google: SimulatedGoogle, setup: Setup) -> tuple[Project, OAuthClient]:
    google_side.add_accounts(google, setup)
    project, _ = google_side.create_project(google, setup)
    try:
        google_side.configure_consent_screen(google, setup, project)
        return project, google_side.create_client(google, setup, project)[0]
    except ConsoleRefused as refusal:
        raise BadInput("setup", setup.environment, f"what the Google console takes; it says: {refusal}") from refusal


def _play(standalone: Standalone, setup: Setup, client_id: str) -> None:
    """Let the setup's history happen, but for the time in it."""
    organisation = setup.google.organisation
    for number, event in enumerate(setup.history):
        if event.time is not None:
            continue
        deed = {"event": dict(event.as_data()), "client_id": client_id}
        if organisation:
            deed["organisation"] = organisation.domain
        try:
            standalone.deeds.do("happen", deed)
        except (ConsoleRefused, ValueError) as refusal:
            raise BadInput(f"history[{number}]", event.key, f"what can happen; Google says: {refusal}") from refusal


def _not_played(setup: Setup) -> tuple[str, ...]:
    timed = [event for event in setup.history if event.time is not None]
    if not timed:
        return ()
    from gmailsync.simulation.aftermath import sentence  # with the whole product behind it

    return tuple(sentence(event) for event in timed)


def _current(google: SimulatedGoogle, client: OAuthClient) -> OAuthClient:
    """Return the client as its history has left it."""
    with google.world.lock:
        found = google.console.client(client.client_id)
    return found[1] if found else client


def _correct_for(addresses: Sequence[str]) -> Setup:
    """Return a correct setup for these addresses, each once, or for the example's."""
    once = {address.lower(): address for address in addresses} or {EXAMPLE_ADDRESS: EXAMPLE_ADDRESS}
    try:
        setup = correct_setup(EXAMPLE_ENVIRONMENT, once.values())
    except ValueError as error:  # pydantic's, whose first words name the address
        raise BadInput("mail", ", ".join(once.values()), "ADDRESS=PATH with an email address") from error
    client = setup.google.client
    client = replace(client, redirect_uris=(*client.redirect_uris, LOCAL_REDIRECT))
    return replace(setup, google=replace(setup.google, client=client))


def _seeded(standalone: Standalone, setup: Setup, mail: Sequence[tuple[str, Path]]) -> Iterator[ServedAccount]:
    known = {account.address.lower() for account in setup.google.accounts}
    for address, _ in mail:
        if address.lower() not in known:
            raise BadInput("mail", address, f"an account of the setup: {', '.join(sorted(known))}")
    for told in setup.google.accounts:
        delivered = 0
        skipped: list[Skipped] = []
        for path in (path for address, path in mail if address.lower() == told.address.lower()):
            try:
                seeded = standalone.deeds.seed(told.address, path)
            except ValueError as error:
                raise BadInput("mail", str(path), str(error)) from error
            delivered += seeded.delivered
            skipped += [Skipped(str(item.path), item.reason) for item in seeded.skipped]
        yield ServedAccount(told.address, told.imap, told.pop, delivered, tuple(skipped))


def _switched(google: SimulatedGoogle, served: ServedAccount) -> ServedAccount:
    """Return the account with IMAP and POP as its owner, its organisation and the history have left them."""
    with google.world.lock:
        account = google.account(served.address)
        workspace = google.world.workspace(account) if account else None
        if account is None:
            return replace(served, imap=False, pop=False)
        return replace(
            served,
            imap=account.imap_on and (workspace is None or workspace.allows_imap(account.unit)),
            pop=google.world.pop_refusal(account) is None,
            delivered=sum(1 for _ in account.mail.messages()),
        )


def _write(network: NetworkMap, path: Path) -> None:
    try:
        network.write(path)
    except OSError as error:
        raise BadInput("network file", str(path), f"a file that can be written ({error.strerror})") from error


def _keep(standalone: Standalone, path: Path) -> None:
    try:
        evidence.write(path, standalone.evidence())
    except OSError as error:
        raise BadInput("evidence", str(path), f"a file that can be written ({error.strerror})") from error
