"""`gmailsync mailbox`: the addresses that are kept in step (steps 5 and 7 of the guide)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gmailsync.cli import forecast, sign_in, trial
from gmailsync.cli.context import Json, clock, noun, opened, stored
from gmailsync.cli.options import StartDate
from gmailsync.cli.output import moment, show_fields, show_json, show_table
from gmailsync.errors import BadInput
from gmailsync.model.mailbox import Acceptance, DeliveryMethod, Mailbox, MailboxKind

if TYPE_CHECKING:
    from gmailsync.ports import Ports, Tx

app = noun("Mailboxes: Gmail addresses whose mail is kept in step.")
app.command("sign-in")(sign_in.sign_in)
app.command("test")(trial.try_mailbox)

Address = Annotated[str, typer.Argument(help="The mailbox's address.", metavar="ADDRESS")]
ProfileName = Annotated[
    str | None, typer.Option("--profile", help="Name of the server profile.", metavar="NAME", show_default=False)
]
Incoming = Annotated[DeliveryMethod | None, typer.Option(help="How incoming email is carried.")]
Outgoing = Annotated[DeliveryMethod | None, typer.Option(help="How outgoing email is carried.")]
Folders = Annotated[
    list[str] | None,
    typer.Option(
        "--folder",
        help=r"A folder to read, or \All or \Sent; can be given again.",
        metavar="FOLDER",
        show_default=False,
    ),
]
Labels = Annotated[
    list[str] | None,
    typer.Option(
        "--label",
        help=r"Read of \All only what has this label; can be given again.",
        metavar="LABEL",
        show_default=False,
    ),
]
Kind = Annotated[MailboxKind | None, typer.Option(help="Whose mail it brings: a user's or a queue's.")]
PopRecent = Annotated[
    bool | None,
    typer.Option("--pop-recent/--no-pop-recent", help="By POP: also bring what other programs have fetched, 30 days."),
]
PopDelete = Annotated[
    bool | None,
    typer.Option("--pop-delete/--no-pop-delete", help="By POP: delete at Gmail what is stored here; queues only."),
]
Accepts = Annotated[Acceptance | None, typer.Option("--acceptance", help="Which messages become emails.")]


@app.command()
def add(
    ctx: typer.Context,
    address: Address,
    profile: ProfileName = None,
    incoming: Incoming = DeliveryMethod.SERVER_SIDE_SYNC,
    outgoing: Outgoing = DeliveryMethod.SERVER_SIDE_SYNC,
    folder: Folders = None,
    label: Labels = None,
    start: StartDate = None,
    kind: Kind = MailboxKind.USER,
    pop_recent: PopRecent = False,
    pop_delete: PopDelete = False,
    acceptance: Accepts = Acceptance.ALL,
    as_json: Json = False,
) -> None:
    """Make a mailbox, in the default server profile unless another one is named."""
    from gmailsync.flows import administration

    default = DeliveryMethod.SERVER_SIDE_SYNC
    with opened(ctx) as application:
        administration.add_mailbox(
            application.ports,
            address,
            profile=profile,
            incoming=incoming or default,
            outgoing=outgoing or default,
            folders=folder or ("INBOX",),
            labels=label or (),
            read_from=start.at if start else None,
            kind=kind or MailboxKind.USER,
            pop_recent=bool(pop_recent),
            pop_delete=bool(pop_delete),
            acceptance=acceptance or Acceptance.ALL,
        )
        with application.ports.store.begin() as tx:
            _show(tx, address.strip(), clock(ctx).now(), as_json=as_json)


@app.command("list")
def list_mailboxes(ctx: typer.Context, as_json: Json = False) -> None:
    """Show all mailboxes."""
    with stored(ctx) as tx:
        now = clock(ctx).now()
        found = [document(tx, mailbox, now) for mailbox in tx.mailboxes.all()]
    if as_json:
        show_json(found)
    else:
        show_table(
            ("Address", "Profile", "Approval", "Incoming", "Outgoing", "Signed in", "State"),
            [[*(m[key] for key in COLUMNS), m["signed_in"] is not None, m["state"]] for m in found],
            nothing="no mailboxes; make one: gmailsync mailbox add ADDRESS",
        )


COLUMNS = ("address", "profile", "approval", "incoming", "outgoing")


@app.command("show")
def show_mailbox(ctx: typer.Context, address: Address, as_json: Json = False) -> None:
    """Show one mailbox."""
    with stored(ctx) as tx:
        _show(tx, address, clock(ctx).now(), as_json=as_json)


@app.command("set")
def set_mailbox(
    ctx: typer.Context,
    address: Address,
    profile: ProfileName = None,
    incoming: Incoming = None,
    outgoing: Outgoing = None,
    folder: Folders = None,
    label: Labels = None,
    any_label: Annotated[bool, typer.Option("--any-label", help=r"Read \All whatever its labels.")] = False,
    start: StartDate = None,
    kind: Kind = None,
    pop_recent: PopRecent = None,
    pop_delete: PopDelete = None,
    acceptance: Accepts = None,
    as_json: Json = False,
) -> None:
    """Change a mailbox. A direction whose way changes is disabled until it has been tested again."""
    from gmailsync.flows import administration

    if any_label and label:
        raise BadInput("label", label[0], "either --label or --any-label")
    change = administration.MailboxChange(
        profile,
        incoming,
        outgoing,
        kind,
        acceptance,
        pop_recent,
        pop_delete,
        folders=folder or None,
        labels=() if any_label else label or None,
        read_from=start,
    )
    with opened(ctx) as application:
        administration.set_mailbox(application.ports, address, change)
        with application.ports.store.begin() as tx:
            _show(tx, address, clock(ctx).now(), as_json=as_json)


@app.command()
def approve(ctx: typer.Context, address: Address, as_json: Json = False) -> None:
    """Approve the address, so that the mailbox can be tested and enabled."""
    from gmailsync.flows import administration

    _change(ctx, address, administration.approve, as_json=as_json)


@app.command()
def reject(ctx: typer.Context, address: Address, as_json: Json = False) -> None:
    """Reject the address; mail stops moving."""
    from gmailsync.flows import administration

    _change(ctx, address, administration.reject, as_json=as_json)


@app.command()
def enable(ctx: typer.Context, address: Address, as_json: Json = False) -> None:
    """Let mail move in each direction whose last test passed."""
    from gmailsync.flows import administration

    _change(ctx, address, administration.enable, as_json=as_json)


@app.command()
def disable(ctx: typer.Context, address: Address, as_json: Json = False) -> None:
    """Stop mail in both directions; everything stored stays."""
    from gmailsync.flows import administration

    _change(ctx, address, administration.disable, as_json=as_json)


@app.command("decide-again")
def decide_again(ctx: typer.Context, address: Address) -> None:
    """Let the next sync decide anew about mail that was not kept, by what is set now."""
    from gmailsync.flows import administration

    with opened(ctx) as application:
        count = administration.decide_again(application.ports, address)
    said = "1 message that was not kept is" if count == 1 else f"{count} messages that were not kept are"
    typer.echo(f"{said} decided about again by the next sync")


@app.command("sign-out")
def sign_out(ctx: typer.Context, address: Address) -> None:
    """Forget the owner's grant and take it back at Google."""
    from gmailsync.flows import sign_in as flow

    with opened(ctx) as application:
        confirmed = flow.sign_out(application.ports, address)
    typer.echo(f"{address} is signed out" + ("" if confirmed else "; Google did not confirm that the grant is revoked"))


@app.command()
def remove(
    ctx: typer.Context,
    address: Address,
    yes: Annotated[bool, typer.Option("--yes", help="Remove its stored emails as well, for good.")] = False,
) -> None:
    """Remove a mailbox with its grant, emails and alerts."""
    from gmailsync.flows import administration

    with opened(ctx) as application:
        with application.ports.store.begin() as tx:
            emails = len(tx.emails.select(tx.mailboxes.get(address).id))
        if emails and not yes:
            raise BadInput("address", address, f"has {emails} stored emails; add --yes to remove them for good")
        administration.remove_mailbox(application.ports, address)
    typer.echo(f"mailbox {address} removed")


def _change(ctx: typer.Context, address: str, verb: Callable[[Ports, str], Mailbox], *, as_json: bool) -> None:
    with opened(ctx) as application:
        verb(application.ports, address)
        with application.ports.store.begin() as tx:
            _show(tx, address, clock(ctx).now(), as_json=as_json)


def document(tx: Tx, mailbox: Mailbox, now: datetime) -> dict[str, Any]:
    """Return a mailbox for JSON, as it stands now."""
    from gmailsync.flows.lookup import profile_of
    from gmailsync.flows.overview import standing

    profile, grant = profile_of(tx, mailbox), tx.grants.get(mailbox.id)
    stands = standing(tx, mailbox, now)
    return {
        "address": mailbox.address,
        "profile": profile.name if profile else None,
        "incoming": mailbox.incoming,
        "outgoing": mailbox.outgoing,
        "kind": mailbox.kind,
        "acceptance": mailbox.acceptance,
        "approval": mailbox.approval,
        "folders": list(mailbox.folders),
        "labels": list(mailbox.labels),
        "start_date": moment(mailbox.read_from),
        "pop_recent": mailbox.pop_recent,
        "pop_delete": mailbox.pop_delete,
        "incoming_status": mailbox.incoming_status,
        "outgoing_status": mailbox.outgoing_status,
        "incoming_enabled": mailbox.incoming_enabled,
        "outgoing_enabled": mailbox.outgoing_enabled,
        "signed_in": None
        if grant is None
        else {
            "granted_at": moment(grant.granted_at),
            "scopes": sorted(grant.scopes),
            "refresh_expires_at": moment(grant.refresh_expires_at),
        },
        "forecast": forecast.document(stands.outlook, now),
        "refresh_tokens": forecast.tokens(stands.outlook),
        "last_success": moment(mailbox.last_success),
        "state": stands.state,
    }


def _show(tx: Tx, address: str, now: datetime, *, as_json: bool) -> None:
    from gmailsync.flows.forecasts import outlook_of

    mailbox = tx.mailboxes.get(address)
    fields = document(tx, mailbox, now)
    last_test = tx.trials.last(mailbox.id)
    if as_json:
        show_json(fields | {"last_test": None if last_test is None else trial.document(last_test)})
        return
    signed_in = fields["signed_in"]
    show_fields(
        [
            ("Address", mailbox.address),
            ("Profile", fields["profile"]),
            ("State", fields["state"]),
            ("Kind", mailbox.kind),
            ("Acceptance", mailbox.acceptance),
            ("Approval", mailbox.approval),
            ("Incoming", _direction(mailbox.incoming, mailbox.incoming_status, enabled=mailbox.incoming_enabled)),
            ("Outgoing", _direction(mailbox.outgoing, mailbox.outgoing_status, enabled=mailbox.outgoing_enabled)),
            ("Folders", ", ".join(mailbox.folders)),
            ("Labels", ", ".join(mailbox.labels) or "any"),
            ("Start date", moment(mailbox.read_from) or "none"),
            *([("By POP", _by_pop(mailbox))] if mailbox.pop_recent or mailbox.pop_delete else []),
            ("Signed in", signed_in["granted_at"] if signed_in else "no"),
            ("Sign-in ends", forecast.words(outlook_of(tx, mailbox, now), now)),
            ("Last success", fields["last_success"]),
        ]
    )


def _direction(method: str, status: str, *, enabled: bool) -> str:
    return f"{method}, test: {status}, {'enabled' if enabled else 'not enabled'}"


def _by_pop(mailbox: Mailbox) -> str:
    told = {"what other programs have fetched, too": mailbox.pop_recent, "deleted once stored": mailbox.pop_delete}
    return ", ".join(words for words, is_so in told.items() if is_so)
