"""Outcomes of Test & Enable in SQL (see `gmailsync.ports.Trials`)."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection, select

from gmailsync.model.mailbox import MailboxId
from gmailsync.model.trial import Stage, StageState, Trial
from gmailsync.store.engine import insert_into
from gmailsync.store.tables import trials


class Trials:
    """The last Test & Enable of each mailbox."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def save(self, trial: Trial, now: datetime) -> None:
        """Keep the last trial of the mailbox."""
        stages = json.dumps([asdict(stage) for stage in trial.stages])
        values = {"address": trial.address, "stages": stages, "tried_at": now}
        new = insert_into(self._connection, trials).values(values | {"mailbox_id": trial.mailbox_id})
        self._connection.execute(new.on_conflict_do_update(index_elements=[trials.c.mailbox_id], set_=values))

    def last(self, mailbox_id: MailboxId) -> Trial | None:
        """Return the last trial; None when the mailbox was never tested."""
        row = self._connection.execute(select(trials).where(trials.c.mailbox_id == mailbox_id)).one_or_none()
        if row is None:
            return None
        stages = (Stage(**stage | {"state": StageState(stage["state"])}) for stage in json.loads(row.stages))
        return Trial(MailboxId(row.mailbox_id), row.address, tuple(stages))
