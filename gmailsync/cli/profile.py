"""`gmailsync profile`: email server profiles (step 4 of the guide)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from gmailsync.cli.context import Json, noun, opened, stored
from gmailsync.cli.files import read_client
from gmailsync.cli.options import StartDate
from gmailsync.cli.output import moment, show_fields, show_json, show_table
from gmailsync.cli.values import port
from gmailsync.errors import BadInput
from gmailsync.model.profile import (
    GMAIL_INCOMING,
    GMAIL_OUTGOING,
    Endpoint,
    IncomingProtocol,
    NewProfile,
    ServerProfile,
)

DEFAULT_ENVIRONMENT = "http://localhost:8400"
"""An environment on this machine: Google sends the owner back to `mailbox sign-in`, which waits there."""

app = noun("Email server profiles: how a group of mailboxes reaches Gmail.")

Name = Annotated[str, typer.Argument(help="The profile's name.", metavar="NAME")]
ClientId = Annotated[str | None, typer.Option(help="Client ID of the Google OAuth client.", show_default=False)]
ClientSecret = Annotated[
    str | None, typer.Option(help="Client secret; others on this machine may see it.", show_default=False)
]
SecretFile = Annotated[
    Path | None, typer.Option("--client-secret-file", help="File with the client secret; - is standard input.")
]
ClientJson = Annotated[
    Path | None, typer.Option("--client-json", help="Client ID and secret from the JSON file that Google offers.")
]
Environment = Annotated[str | None, typer.Option(help="Base URL of the business system.", metavar="URL")]
Protocol = Annotated[IncomingProtocol | None, typer.Option(help="How incoming mail is read.")]
Default = Annotated[bool | None, typer.Option("--default/--no-default", help="Default profile for new mailboxes.")]
IncomingHost = Annotated[str | None, typer.Option("--incoming-location", help="Host of incoming mail.")]
IncomingPort = Annotated[
    int | None, typer.Option("--incoming-port", help="Port of incoming mail.", parser=port, metavar="PORT")
]
OutgoingHost = Annotated[str | None, typer.Option("--outgoing-location", help="Host of outgoing mail.")]
OutgoingPort = Annotated[
    int | None, typer.Option("--outgoing-port", help="Port of outgoing mail.", parser=port, metavar="PORT")
]


@app.command()
def add(
    ctx: typer.Context,
    name: Name,
    client_id: ClientId = None,
    client_secret: ClientSecret = None,
    client_secret_file: SecretFile = None,
    client_json: ClientJson = None,
    environment: Environment = DEFAULT_ENVIRONMENT,
    protocol: Protocol = IncomingProtocol.IMAP,
    default: Default = False,
    incoming_location: IncomingHost = None,
    incoming_port: IncomingPort = None,
    outgoing_location: OutgoingHost = None,
    outgoing_port: OutgoingPort = None,
    start: StartDate = None,
    as_json: Json = False,
) -> None:
    """Make a server profile for Gmail with OAuth. Locations and ports fill in by themselves."""
    from gmailsync.flows import administration

    client = read_client(client_id, client_secret, client_secret_file, client_json)
    if client.client_id is None:
        raise BadInput("client id", "", "give --client-id or --client-json")
    if client.client_secret is None:
        raise BadInput("client secret", "", "give --client-secret, --client-secret-file or --client-json")
    chosen = protocol or IncomingProtocol.IMAP
    profile = NewProfile(
        name=name,
        client_id=client.client_id,
        client_secret=client.client_secret,
        environment=environment or DEFAULT_ENVIRONMENT,
        protocol=chosen,
        incoming=_endpoint(GMAIL_INCOMING[chosen], incoming_location, incoming_port),
        outgoing=_endpoint(GMAIL_OUTGOING, outgoing_location, outgoing_port),
        is_default=bool(default),
        read_from=start.at if start else None,
    )
    with opened(ctx) as application:
        show(administration.add_profile(application.ports, profile), 0, as_json=as_json)


@app.command("list")
def list_profiles(ctx: typer.Context, as_json: Json = False) -> None:
    """Show all server profiles."""
    with stored(ctx) as tx:
        found = [document(profile, tx.profiles.mailbox_count(profile.id)) for profile in tx.profiles.all()]
    if as_json:
        show_json(found)
    else:
        show_table(
            ("Name", "Client ID", "Environment", "Default", "Active", "Mailboxes"),
            [
                [p[key] for key in ("name", "client_id", "environment", "is_default", "active", "mailboxes")]
                for p in found
            ],
            nothing="no server profiles; make one: gmailsync profile add NAME --client-id ... --client-secret-file ...",
        )


@app.command("show")
def show_profile(ctx: typer.Context, name: Name, as_json: Json = False) -> None:
    """Show one server profile, with its redirect URI for the Google console."""
    with stored(ctx) as tx:
        profile = tx.profiles.get(name)
        mailboxes = tx.profiles.mailbox_count(profile.id)
    show(profile, mailboxes, as_json=as_json)


@app.command("set")
def set_profile(
    ctx: typer.Context,
    name: Name,
    new_name: Annotated[str | None, typer.Option("--name", help="Another name.")] = None,
    client_id: ClientId = None,
    client_secret: ClientSecret = None,
    client_secret_file: SecretFile = None,
    client_json: ClientJson = None,
    environment: Environment = None,
    protocol: Protocol = None,
    default: Default = None,
    incoming_location: IncomingHost = None,
    incoming_port: IncomingPort = None,
    outgoing_location: OutgoingHost = None,
    outgoing_port: OutgoingPort = None,
    start: StartDate = None,
    as_json: Json = False,
) -> None:
    """Change fields of a server profile. After another client ID the owners have to sign in again.

    Another protocol brings its own location and port, unless others were entered.
    """
    from gmailsync.flows import administration

    client = read_client(client_id, client_secret, client_secret_file, client_json)
    with opened(ctx) as application:
        with application.ports.store.begin() as tx:
            old = tx.profiles.get(name)
            mailboxes = tx.profiles.mailbox_count(old.id)
        change = administration.ProfileChange(
            name=new_name,
            client_id=client.client_id,
            client_secret=client.client_secret,
            environment=environment,
            protocol=protocol,
            incoming=_endpoint(old.incoming_by(protocol or old.protocol), incoming_location, incoming_port),
            outgoing=_endpoint(old.outgoing, outgoing_location, outgoing_port),
            is_default=default,
            read_from=start,
        )
        show(administration.set_profile(application.ports, name, change), mailboxes, as_json=as_json)


@app.command()
def remove(
    ctx: typer.Context,
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Even if mailboxes use it, whose mail stops then.")] = False,
) -> None:
    """Remove a server profile; its mailboxes stay."""
    from gmailsync.flows import administration

    with opened(ctx) as application:
        with application.ports.store.begin() as tx:
            users = tx.profiles.mailbox_count(tx.profiles.get(name).id)
        if users and not yes:
            used = "1 mailbox uses it" if users == 1 else f"{users} mailboxes use it"
            raise BadInput("profile", name, f"{used}; add --yes to remove it and stop their mail")
        administration.remove_profile(application.ports, name)
    typer.echo(f"server profile {name} removed")


@app.command()
def activate(ctx: typer.Context, name: Name) -> None:
    """Let the profile's mailboxes sync again."""
    _set_active(ctx, name, active=True)
    typer.echo(f"server profile {name} is active")


@app.command()
def deactivate(ctx: typer.Context, name: Name) -> None:
    """Let the profile's mailboxes rest."""
    _set_active(ctx, name, active=False)
    typer.echo(f"server profile {name} is not active")


def _set_active(ctx: typer.Context, name: str, *, active: bool) -> None:
    from gmailsync.flows import administration

    with opened(ctx) as application:
        administration.set_profile(application.ports, name, administration.ProfileChange(active=active))


def _endpoint(default: Endpoint, host: str | None, port: int | None) -> Endpoint:
    return Endpoint(default.host if host is None else host, default.port if port is None else port)


def document(profile: ServerProfile, mailboxes: int) -> dict[str, Any]:
    """Return a server profile for JSON, without its secret."""
    return {
        "name": profile.name,
        "server_type": profile.server_type,
        "authentication": profile.authentication,
        "client_id": profile.client_id,
        "environment": profile.environment,
        "redirect_uri": profile.redirect_uri,
        "protocol": profile.protocol,
        "incoming": {"location": profile.incoming.host, "port": profile.incoming.port},
        "outgoing": {"location": profile.outgoing.host, "port": profile.outgoing.port},
        "start_date": moment(profile.read_from),
        "is_default": profile.is_default,
        "active": profile.active,
        "mailboxes": mailboxes,
    }


def show(profile: ServerProfile, mailboxes: int, *, as_json: bool) -> None:
    """Show one server profile."""
    if as_json:
        show_json(document(profile, mailboxes))
        return
    show_fields(
        [
            ("Name", profile.name),
            ("Client ID", profile.client_id),
            ("Environment", profile.environment),
            ("Redirect URI", profile.redirect_uri),
            ("Incoming", f"{profile.protocol} {profile.incoming}"),
            ("Outgoing", f"smtp {profile.outgoing}"),
            ("Start date", moment(profile.read_from) or "none"),
            ("Default", profile.is_default),
            ("Active", profile.active),
            ("Mailboxes", mailboxes),
        ]
    )
