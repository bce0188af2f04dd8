"""`gmailsync web`: serve the sign-in page, until stopped."""

from __future__ import annotations

from typing import Annotated

import typer

from gmailsync.cli import values
from gmailsync.cli.context import opened
from gmailsync.cli.stopping import until_stopped


def web(
    ctx: typer.Context,
    host: Annotated[str, typer.Option(help="Address of this machine to listen on.", metavar="HOST")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", metavar="PORT", parser=values.port)] = 8400,
) -> None:
    """Serve the sign-in page on this machine until stopped."""
    from gmailsync.web.pages import create_pages
    from gmailsync.web.serving import check_host, listening

    check_host(host)
    with (
        until_stopped(),
        opened(ctx) as application,
        listening(create_pages(application.ports, port), host, port) as serve,
    ):
        shown = f"[{host}]" if ":" in host else host
        typer.echo(f"http://{shown}:{port}/ is ready; stop with Ctrl-C")
        serve()
