"""`gmailsync simulate`: serve the simulated Google to other programs, until stopped."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gmailsync.cli.context import Json
from gmailsync.cli.output import show_fields, show_json_line
from gmailsync.cli.stopping import until_stopped
from gmailsync.errors import BadInput
from gmailsync.rules.wording import one_line

if TYPE_CHECKING:
    from gmailsync.simulation import Served


def simulate(
    setup: Annotated[Path | None, typer.Option(help="Setup file; a correct setup without one.", metavar="FILE")] = None,
    mail: Annotated[
        list[str] | None,
        typer.Option(
            help="Mail that lies in an account: mbox, Maildir or folder of .eml files; can be given again.",
            metavar="ADDRESS=PATH",
        ),
    ] = None,
    network_file: Annotated[
        Path | None, typer.Option("--network-file", help="Write the network file here.", metavar="FILE")
    ] = None,
    as_json: Json = False,
) -> None:
    """Serve a simulated Google on this machine until stopped.

    Prints what its console made: client ID, client secret and redirect URIs. Of a setup's history everything has
    happened but the passing of time, as the clock is the machine's. Files that cannot be read as mail are named and
    skipped.
    """
    from gmailsync import setupfile
    from gmailsync.simulation import serve

    chosen = None if setup is None else setupfile.load(setup)
    with until_stopped(), serve(chosen, [_parted(text) for text in mail or ()], network_file) as served:
        if as_json:
            show_json_line(document(served))
        else:
            _show(served)
        threading.Event().wait()


def _parted(text: str) -> tuple[str, Path]:
    address, equals, path = text.partition("=")
    if not (address and equals and path):
        raise BadInput("mail", text, "ADDRESS=PATH")
    return address, Path(path).expanduser()


def document(served: Served) -> dict[str, Any]:
    """Return what the simulation serves for JSON; the client secret is good in the simulation only."""
    return {
        "network_file": None if served.network_file is None else str(served.network_file),
        "ca_file": served.ca_file,
        "hosts": served.hosts,
        "environment": served.environment,
        "project": served.project,
        "clients": [
            {
                "client_id": served.client_id,
                "client_secret": served.client_secret.reveal(),
                "redirect_uris": list(served.redirect_uris),
            }
        ],
        "accounts": [
            {
                "address": account.address,
                "imap": account.imap,
                "pop": account.pop,
                "delivered": account.delivered,
                "skipped": [{"source": item.source, "reason": item.reason} for item in account.skipped],
            }
            for account in served.accounts
        ],
        "not_played": list(served.not_played),
    }


def _show(served: Served) -> None:
    show_fields(
        [
            ("Environment", served.environment),
            ("Project", served.project),
            ("Client ID", served.client_id),
            ("Client secret", served.client_secret.reveal()),
            *(("Redirect URI", uri) for uri in served.redirect_uris),
            ("CA file", served.ca_file),
            *(("Host", f"{name} is {address}") for name, address in served.hosts.items()),
            ("Network file", None if served.network_file is None else str(served.network_file)),
        ]
    )
    for account in served.accounts:
        switches = f"IMAP {'on' if account.imap else 'off'}, POP {'on' if account.pop else 'off'}"
        typer.echo(f"{account.address}: {switches}, {account.delivered} messages delivered")
        for item in account.skipped:
            typer.echo(f"  skipped {one_line(item.source)}: {one_line(item.reason)}", err=True)
    for words in served.not_played:
        typer.echo(f"not played, as the clock is the machine's: {one_line(words)}", err=True)
    typer.echo("ready; stop with Ctrl-C")
