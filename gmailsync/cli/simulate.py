"""`gmailsync simulate`: serve the simulated Google to other programs, until stopped."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gmailsync.cli import values
from gmailsync.cli.context import Json
from gmailsync.cli.output import show_fields, show_json_line
from gmailsync.cli.stopping import until_stopped
from gmailsync.errors import BadInput
from gmailsync.rules.wording import one_line

if TYPE_CHECKING:
    from gmailsync.simulation.serving import Served


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
    seed: Annotated[int, typer.Option(help="Decides every id and token.", metavar="NUMBER", parser=values.seed)] = 0,
    evidence: Annotated[
        Path | None, typer.Option(help="Write the evidence here when it ends; mail is in it.", metavar="FILE")
    ] = None,
    replay: Annotated[
        Path | None, typer.Option(help="Make the world of an earlier evidence again.", metavar="EVIDENCE")
    ] = None,
    as_json: Json = False,
) -> None:
    """Serve a simulated Google on this machine until stopped.

    Prints what its console made: client ID, client secret and redirect URIs. Of a setup's history everything has
    happened but the passing of time: `python -m fakes clock +8d` moves the clock, for gmailsync too. Files that cannot
    be read as mail are named and skipped.
    """
    from gmailsync import setupfile
    from gmailsync.simulation.serving import serve

    if replay is not None and (setup is not None or mail):
        raise BadInput("replay", str(replay), "neither --setup nor --mail beside it, as both are in the evidence")
    chosen = None if setup is None else setupfile.load(setup)
    seeds = [_parted(text) for text in mail or ()]
    serving = serve(chosen, seeds, network_file, seed=seed, evidence_file=evidence, replay=replay)
    with until_stopped(), serving as served:
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
        "proxy": served.proxy,
        "door": served.door,
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
            ("Proxy", f"{served.proxy} (SOCKS 5 and HTTP CONNECT)"),
            ("Door", served.door),
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
