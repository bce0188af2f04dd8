"""`gmailsync mailbox sign-in`: the owner goes to Google and comes back (step 5.7 of the guide)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from gmailsync.cli.context import Json, opened
from gmailsync.cli.output import moment, show_json
from gmailsync.cli.values import seconds
from gmailsync.errors import BadInput, GmailSyncError, SignInRefused, UnknownState

if TYPE_CHECKING:
    from gmailsync.model.grant import Grant, SignInAttempt
    from gmailsync.ports import Ports

POLL = timedelta(seconds=0.2)


def sign_in(
    ctx: typer.Context,
    address: Annotated[str, typer.Argument(help="The mailbox's address.", metavar="ADDRESS")],
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Print the URL and end.")] = False,
    response: Annotated[
        str | None, typer.Option(help="Finish with the address the browser was sent to.", metavar="URL")
    ] = None,
    timeout: Annotated[
        int, typer.Option(help="Seconds to wait for the owner.", metavar="SECONDS", parser=seconds)
    ] = 600,
    as_json: Json = False,
) -> None:
    """Print the URL of Google's consent page, wait for the owner to come back, and keep the grant."""
    from gmailsync.flows import sign_in as flow

    with opened(ctx) as application:
        ports = application.ports
        if response is not None:
            _show_grant(ports, flow.finish(ports, response), as_json=as_json)
            return
        before = _grant(ports, address)
        attempt = flow.begin(ports, address)
        if no_wait:
            _show_attempt(address, attempt, as_json=as_json)
            return
        with _at_the_redirect(ports, address, attempt) as counter:
            typer.echo(attempt.url, err=as_json)
            grant = _wait(counter, address, before, timedelta(seconds=timeout))
        _show_grant(ports, grant, as_json=as_json)


@dataclass
class _Counter:
    """Where owners come back to: finishes their sign-in, and keeps what ended it badly."""

    ports: Ports
    refusal: GmailSyncError | None = None

    def finish(self, redirected_url: str) -> str:
        """Finish a sign-in. A stray request leaves ours waiting; any other refusal has used it up."""
        from gmailsync.flows import sign_in as flow

        try:
            flow.finish(self.ports, redirected_url)
        except (BadInput, UnknownState):
            raise
        except GmailSyncError as error:
            self.refusal = error
            raise
        return "You are signed in. This window can be closed."


@contextmanager
def _at_the_redirect(ports: Ports, address: str, attempt: SignInAttempt) -> Iterator[_Counter]:
    """Be where Google sends the owner back to, where that is this machine; else say how the answer gets here.

    It listens when the block begins: whoever reads the URL may follow it at once.
    """
    from gmailsync.cli.redirect import served
    from gmailsync.rules.loopback import leads_here

    counter = _Counter(ports)
    if leads_here(attempt.redirect_uri):
        with served(attempt.redirect_uri, counter.finish):
            yield counter
    else:
        typer.echo(
            f"waiting until {attempt.redirect_uri} has the answer; by hand: "
            f"gmailsync mailbox sign-in {address} --response URL",
            err=True,
        )
        yield counter


def _wait(counter: _Counter, address: str, before: Grant | None, patience: timedelta) -> Grant:
    """Wait until a new grant is stored, by this process or by another one."""
    clock = counter.ports.clock
    deadline = clock.now() + patience
    while True:
        if counter.refusal is not None:
            raise counter.refusal
        grant = _grant(counter.ports, address)
        if grant is not None and not _is_same(grant, before):
            return grant
        if clock.now() >= deadline:
            raise SignInRefused(f"the owner of {address} did not come back within {patience.total_seconds():g} s")
        clock.sleep(POLL)


def _grant(ports: Ports, address: str) -> Grant | None:
    with ports.store.begin() as tx:
        return tx.grants.get(tx.mailboxes.get(address).id)


def _is_same(grant: Grant, before: Grant | None) -> bool:
    """Tell a new consent from a mere renewal of the access token by a sync that runs meanwhile."""
    return before is not None and (grant.granted_at, grant.refresh_token) == (before.granted_at, before.refresh_token)


def _show_attempt(address: str, attempt: SignInAttempt, *, as_json: bool) -> None:
    if as_json:
        show_json(
            {
                "mailbox": address,
                "url": attempt.url,
                "redirect_uri": attempt.redirect_uri,
                "expires_at": moment(attempt.expires_at),
            }
        )
    else:
        typer.echo(attempt.url)


def _show_grant(ports: Ports, grant: Grant, *, as_json: bool) -> None:
    with ports.store.begin() as tx:
        address = tx.mailboxes.by_id(grant.mailbox_id).address
    if as_json:
        show_json(
            {
                "mailbox": address,
                "granted_at": moment(grant.granted_at),
                "scopes": sorted(grant.scopes),
                "refresh_expires_at": moment(grant.refresh_expires_at),
            }
        )
    else:
        typer.echo(f"{address} is signed in")
