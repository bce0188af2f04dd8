"""The settings of deciding in SQL (see `gmailsync.ports.Switches`): one row with a JSON document."""

from __future__ import annotations

from functools import cache

from pydantic import TypeAdapter
from sqlalchemy import Connection, select

from gmailsync.model.settings import DecidingSettings
from gmailsync.store.engine import insert_into
from gmailsync.store.tables import settings


@cache
def _shape() -> TypeAdapter[DecidingSettings]:
    """Return what reads and writes the document; made when wanted, which it is not while all is default."""
    return TypeAdapter(DecidingSettings)


class Switches:
    """The settings of deciding."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def load(self) -> DecidingSettings:
        """Return the settings; what was never set has its default."""
        document = self._connection.scalars(select(settings.c.document)).one_or_none()
        return DecidingSettings() if document is None else _shape().validate_json(document)

    def save(self, changed: DecidingSettings) -> None:
        """Store the settings; what has its default is not named, so that a better default is taken over."""
        document = _shape().dump_json(changed, exclude_defaults=True).decode()
        new = insert_into(self._connection, settings).values(id=1, document=document)
        self._connection.execute(new.on_conflict_do_update(index_elements=["id"], set_={"document": document}))
