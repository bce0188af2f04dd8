"""Options that several nouns have, and what they stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gmailsync.cli.values import start_date
from gmailsync.model.startdate import Start

if TYPE_CHECKING:
    from gmailsync.model.mailbox import MailboxId
    from gmailsync.ports import Tx

OnlyMailbox = Annotated[str | None, typer.Option("--mailbox", help="Only this mailbox's.", metavar="ADDRESS")]
StartDate = Annotated[
    Start | None,
    typer.Option(
        "--start-date", help="Leave alone what arrived before.", parser=start_date, metavar="DATE", show_default=False
    ),
]


def chosen(tx: Tx, mailbox: str | None) -> MailboxId | None:
    """Return whose things a list is to show; None stands for everybody's. Raises `NotFound`."""
    return None if mailbox is None else tx.mailboxes.get(mailbox).id


def addresses(tx: Tx) -> dict[MailboxId, str]:
    """Return the address of every mailbox, to be shown beside what belongs to it."""
    return {mailbox.id: mailbox.address for mailbox in tx.mailboxes.all()}
