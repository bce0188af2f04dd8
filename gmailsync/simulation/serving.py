"""A simulated Google that stays up, for mail clients, other programs and gmailsync itself in another shell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from fakes.clock import LiveClock
from fakes.console import ConsoleRefused, OAuthClient
from fakes.google import LOCAL_REDIRECT, SimulatedGoogle
from gmailsync.errors import BadInput
from gmailsync.evidence import Skipped
from gmailsync.model.secret import Secret
from gmailsync.model.setup import Setup, correct_setup
from gmailsync.model.values import EXAMPLE_ADDRESS
from gmailsync.setupfile import EXAMPLE_ENVIRONMENT
from gmailsync.simulation import aftermath, google_side


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
    network_file: Path | None
    accounts: tuple[ServedAccount, ...]
    not_played: tuple[str, ...] = ()


@contextmanager
def serve(
    setup: Setup | None = None, mail: Sequence[tuple[str, Path]] = (), network_file: Path | None = None
) -> Iterator[Served]:
    """Serve a setup's Google half on loopback as long as the block runs; its clock is the machine's.

    Without a setup it is a correct one for the addresses of `mail`, whose client may also redirect to this machine.
    Google is served as the setup's history left it. Nobody has signed in before, so that there is nothing time could
    end, and the machine's clock is not moved: time in the history is left out.

    `mail` are (address, path) of mail to seed. Raises `BadInput` for mail of an account that is not in the setup,
    for a path that holds no mail, a network file that cannot be written, or what the console refuses.
    """
    setup = setup or _correct_for([address for address, _ in mail])
    with SimulatedGoogle(clock=LiveClock()) as google:
        google_side.add_accounts(google, setup)
        project, _ = google_side.create_project(google, setup)
        try:
            google_side.configure_consent_screen(google, setup, project)
            client, _ = google_side.create_client(google, setup, project)
        except ConsoleRefused as refusal:
            raise BadInput(
                "setup", setup.environment, f"what the Google console takes; it says: {refusal}"
            ) from refusal
        seeded = tuple(_seeded(google, setup, mail))
        for number, event in enumerate(setup.history):
            if event.time is None:
                _play(google, setup, number, client.client_id)
        client = _current(google, client)
        accounts = tuple(_switched(google, account) for account in seeded)
        if network_file is not None:
            _write(google, network_file)
        yield Served(
            environment=setup.environment,
            project=project.id,
            client_id=client.client_id,
            client_secret=Secret(client.client_secret),
            redirect_uris=client.redirect_uris,
            ca_file=google.network.ca_file,
            hosts=dict(google.network.hosts),
            network_file=network_file,
            accounts=accounts,
            not_played=tuple(aftermath.sentence(event) for event in setup.history if event.time is not None),
        )


def _play(google: SimulatedGoogle, setup: Setup, number: int, client_id: str) -> None:
    event = setup.history[number]
    try:
        aftermath.play(google, setup, event, client_id)
    except (ConsoleRefused, ValueError) as refusal:
        raise BadInput(f"history[{number}]", event.key, f"what can happen; Google says: {refusal}") from refusal


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


def _seeded(google: SimulatedGoogle, setup: Setup, mail: Sequence[tuple[str, Path]]) -> Iterator[ServedAccount]:
    known = {account.address.lower() for account in setup.google.accounts}
    for address, _ in mail:
        if address.lower() not in known:
            raise BadInput("mail", address, f"an account of the setup: {', '.join(sorted(known))}")
    for told in setup.google.accounts:
        delivered = 0
        skipped: list[Skipped] = []
        for path in (path for address, path in mail if address.lower() == told.address.lower()):
            try:
                seeded = google.seed(told.address, path)
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
        )


def _write(google: SimulatedGoogle, path: Path) -> None:
    try:
        google.network.write(path)
    except OSError as error:
        raise BadInput("network file", str(path), f"a file that can be written ({error.strerror})") from error
