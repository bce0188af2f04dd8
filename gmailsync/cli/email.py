"""`gmailsync email`: stored emails and the outbox."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gmailsync.cli import options, values
from gmailsync.cli.context import Json, noun, opened, stored
from gmailsync.cli.decisiontext import activity_document, activity_lines, trace_document
from gmailsync.cli.failuretext import failure_document, show_failures
from gmailsync.cli.files import read_text, write_bytes
from gmailsync.cli.options import OnlyMailbox
from gmailsync.cli.output import fields_of, moment, show_fields, show_json, show_table
from gmailsync.cli.values import account, identifier
from gmailsync.errors import BadInput
from gmailsync.model.email import Direction, Email, EmailId, EmailStatus
from gmailsync.model.failure import FailureId

if TYPE_CHECKING:
    from gmailsync.model.content import Attachment, Content

app = noun("Emails: what was received, what waits, what was sent.")

Number = Annotated[int, typer.Argument(help="The email's id.", metavar="ID", parser=identifier)]


@app.command("list")
def list_emails(
    ctx: typer.Context,
    mailbox: OnlyMailbox = None,
    direction: Annotated[Direction | None, typer.Option(help="Only this direction.")] = None,
    status: Annotated[EmailStatus | None, typer.Option(help="Only of this status.")] = None,
    as_json: Json = False,
) -> None:
    """Show stored emails in the order they were stored."""
    with stored(ctx) as tx:
        address_of = options.addresses(tx)
        emails = tx.emails.select(options.chosen(tx, mailbox))
    found = [
        document(email, address_of[email.mailbox_id])
        for email in emails
        if direction in {None, email.direction} and status in {None, email.status}
    ]
    if as_json:
        show_json(found)
    else:
        columns = ("id", "mailbox", "direction", "status", "date", "from", "subject", "size")
        headings = [column.capitalize() for column in columns]
        show_table(headings, [[email[column] for column in columns] for email in found], nothing="no emails")


@app.command("show")
def show_email(
    ctx: typer.Context,
    email: Number,
    raw: Annotated[bool, typer.Option("--raw", help="Write the message itself, exact to the byte.")] = False,
    html: Annotated[bool, typer.Option("--html", help="Write its HTML, made safe to show.")] = False,
    attachment: Annotated[
        int | None,
        typer.Option(help="Write this attachment, exact to the byte.", metavar="N", parser=values.attachment),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="A new file for what is written, instead of standard output.", metavar="FILE")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show one email: its fields, its text and what is attached."""
    from gmailsync.cli.emailtext import content_document, show_content
    from gmailsync.mime.body import read_content

    if sum([raw, html, attachment is not None, as_json]) > 1:
        raise BadInput("email", str(email), "give only one of --raw, --html, --attachment and --json")
    with stored(ctx) as tx:
        found = tx.emails.get(EmailId(email))
        address = tx.mailboxes.by_id(found.mailbox_id).address
        message = tx.emails.raw(found.id)
        activity = activity_document(tx, found)
        settings = tx.switches.load()
    if raw:
        write_bytes("output", output, message)
        return
    content = read_content(message)
    if html:
        write_bytes("output", output, content.html.encode())
    elif attachment is not None:
        write_bytes("output", output, _numbered(content, attachment).content)
    elif output:
        raise BadInput("output", str(output), "needs --raw, --html or --attachment")
    elif as_json:
        show_json(document(found, address) | {"activity": activity} | content_document(content, settings))
    else:
        show_fields([*fields_of(document(found, address)), *activity_lines(activity)])
        show_content(content, settings)


@app.command()
def why(ctx: typer.Context, email: Number, as_json: Json = False) -> None:
    """Say why an email was kept: who accepted it, and what it was matched to."""
    with stored(ctx) as tx:
        found = tx.emails.get(EmailId(email))
        trace = tx.decisions.of_email(found.id)
        address = tx.mailboxes.by_id(found.mailbox_id).address
        activity = activity_document(tx, found)
    if as_json:
        show_json({"decision": trace and trace_document(trace, address), "activity": activity})
    elif trace is None:
        typer.echo(f"email {email} was stored without a decision")
    else:
        show_fields([("kept", trace.reason), *(("because", line) for line in trace.evidence)])
        show_fields(activity_lines(activity))


@app.command("decisions")
def list_decisions(
    ctx: typer.Context,
    mailbox: OnlyMailbox = None,
    refused: Annotated[bool, typer.Option("--refused", help="Only messages that were not kept.")] = False,
    as_json: Json = False,
) -> None:
    """Show what was decided about messages, and why; of those not kept for three days."""
    with stored(ctx) as tx:
        address_of = options.addresses(tx)
        traces = tx.decisions.select(options.chosen(tx, mailbox), refused_only=refused)
    found = [trace_document(trace, address_of[trace.mailbox_id]) for trace in traces]
    if as_json:
        show_json(found)
    else:
        columns = ("decided_at", "mailbox", "email", "reason", "from", "subject")
        rows = [[*(one[column] for column in columns), "; ".join(one["evidence"])] for one in found]
        headings = ("Decided", "Mailbox", "Email", "Reason", "From", "Subject", "Because")
        show_table(headings, rows, nothing="no decisions")


@app.command()
def send(
    ctx: typer.Context,
    sender: Annotated[str, typer.Option("--from", help="A mailbox of ours.", metavar="ADDRESS")],
    to: Annotated[list[str], typer.Option(help="A recipient; can be given again.", metavar="ADDRESS")],
    subject: Annotated[str, typer.Option(help="The subject.")] = "",
    body: Annotated[str, typer.Option(help="The text.")] = "",
    body_file: Annotated[Path | None, typer.Option(help="A file with the text; - is standard input.")] = None,
    cc: Annotated[list[str] | None, typer.Option(help="Another recipient.", metavar="ADDRESS")] = None,
    attach: Annotated[list[Path] | None, typer.Option(help="A file; can be given again.")] = None,
    as_json: Json = False,
) -> None:
    """Put an email into the outbox; the next sync sends it."""
    from gmailsync.flows import outbox

    text = _body(body, body_file)
    with opened(ctx) as application:
        email_id = outbox.queue(
            application.ports,
            sender=sender,
            to=to,
            subject=subject,
            body=text,
            cc=cc or (),
            attachments=attach or (),
        )
        with application.ports.store.begin() as tx:
            queued = tx.emails.get(email_id)
            address = tx.mailboxes.by_id(queued.mailbox_id).address
    if as_json:
        show_json(document(queued, address))
    else:
        typer.echo(f"email {email_id} waits in the outbox; the next sync sends it")


@app.command()
def cancel(ctx: typer.Context, email: Number) -> None:
    """Take a pending email out of the outbox."""
    from gmailsync.flows import outbox

    with opened(ctx) as application:
        outbox.cancel(application.ports, EmailId(email))
    typer.echo(f"email {email} is canceled")


@app.command()
def failures(
    ctx: typer.Context,
    mailbox: OnlyMailbox = None,
    given_up: Annotated[
        bool, typer.Option("--given-up", help="Those given up instead, with who said so and why.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show the failure ledger: messages that could not be fetched or read, and when they are tried again."""
    with stored(ctx) as tx:
        address_of = options.addresses(tx)
        entries = tx.failures.select(options.chosen(tx, mailbox))
    chosen = [entry for entry in entries if (entry.given_up is not None) == given_up]
    found = [failure_document(entry, address_of[entry.mailbox_id]) for entry in chosen]
    if as_json:
        show_json(found)
    else:
        show_failures(found, given_up=given_up)


@app.command()
def retry(
    ctx: typer.Context,
    email: Annotated[
        int | None, typer.Argument(help="The id of a rejected email.", metavar="ID", parser=identifier)
    ] = None,
    failure: Annotated[
        list[int] | None,
        typer.Option(help="An entry of the failure ledger; can be given again.", metavar="N", parser=identifier),
    ] = None,
    all_failures: Annotated[
        bool, typer.Option("--all-failures", help="Every entry of the failure ledger that was not given up.")
    ] = False,
) -> None:
    """Put an email that Gmail rejected back into the outbox, or try failed messages again at the next sync."""
    from gmailsync.flows import ledger, outbox
    from gmailsync.model.failure import FailureId

    if sum([email is not None, failure is not None, all_failures]) != 1:
        raise BadInput("email", str(email or ""), "give one of ID, --failure and --all-failures")
    with opened(ctx) as application:
        if email is not None:
            outbox.retry(application.ports, EmailId(email))
            typer.echo(f"email {email} waits in the outbox again")
        else:
            chosen = None if failure is None else [FailureId(number) for number in failure]
            count = ledger.try_again(application.ports, chosen)
            typer.echo(f"{count} failed {'message is' if count == 1 else 'messages are'} tried again by the next sync")


@app.command("give-up")
def give_up(
    ctx: typer.Context,
    failure: Annotated[
        list[int],
        typer.Option(help="An entry of the failure ledger; can be given again.", metavar="N", parser=identifier),
    ],
    why: Annotated[str, typer.Option(help="The reason, which is kept.", metavar="TEXT")],
    by: Annotated[
        str | None, typer.Option(help="Who says so; by default the account that runs the command.", metavar="NAME")
    ] = None,
) -> None:
    """Let nothing try failed messages any more. They stay in the ledger, and `email retry --failure` takes it back."""
    from gmailsync.flows import ledger

    with opened(ctx) as application:
        chosen = [FailureId(number) for number in failure]
        count = ledger.give_up(application.ports, chosen, by=account() if by is None else by, why=why)
    typer.echo(f"{count} failed {'message is' if count == 1 else 'messages are'} not tried any more")


def _body(body: str, body_file: Path | None) -> str:
    if body and body_file:
        raise BadInput("body file", str(body_file), "give either this file or the text itself")
    return read_text("body file", body_file) if body_file else body


def _numbered(content: Content, number: int) -> Attachment:
    if number > len(content.attachments):
        raise BadInput("attachment", str(number), f"this email has {len(content.attachments)}")
    return content.attachments[number - 1]


def document(email: Email, address: str) -> dict[str, Any]:
    """Return an email for JSON; `sha256` is of the raw bytes."""
    return {
        "id": email.id,
        "mailbox": address,
        "direction": email.direction,
        "status": email.status,
        "message_id": email.headers.message_id,
        "subject": email.headers.subject,
        "from": email.headers.sender,
        "to": list(email.headers.recipients),
        "date": moment(email.headers.date),
        "size": email.size,
        "sha256": email.sha256,
        "in_reply_to": email.headers.in_reply_to,
        "gmail_message_id": None if email.gmail_message_id is None else str(email.gmail_message_id),
        "gmail_thread_id": None if email.gmail_thread_id is None else str(email.gmail_thread_id),
        "labels": list(email.labels),
        "notification": email.notification,
        "attempts": email.attempts,
        "last_error": email.last_error,
    }
