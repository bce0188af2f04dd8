"""The bytes of emails in SQL: a skeleton for each email, and blobs that all emails share (see `mime.keeping`).

On PostgreSQL others store and remove at the same time. Whoever refers to a blob that is there holds it by a key lock,
and whoever may remove it locks it first; so it either stays, or is gone before anybody counts on it. Locks are taken in
the order of the SHA-256, so that nobody waits in a circle.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, Select, bindparam, delete, exists, insert, select

from gmailsync.mime.keeping import Stretch, content, joined, skeleton, stretches
from gmailsync.model.email import EmailId
from gmailsync.model.mailbox import MailboxId
from gmailsync.store.bulk import insert_rows
from gmailsync.store.engine import insert_into
from gmailsync.store.packing import packed, unpacked
from gmailsync.store.tables import blobs, email_blobs, email_content, emails

_INSERT_REFERENCES = insert(email_blobs)
_REMOVE_UNUSED = delete(blobs).where(
    blobs.c.id == bindparam("blob"), ~exists().where(email_blobs.c.blob_id == blobs.c.id)
)


class Contents:
    """The exact bytes of stored emails."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, messages: Sequence[tuple[EmailId, bytes]]) -> None:
        """Keep the bytes of emails that were just stored."""
        skeletons: list[tuple[object, ...]] = []
        found: list[tuple[EmailId, Stretch]] = []
        sources: dict[bytes, tuple[bytes, Stretch]] = {}
        for email_id, raw in messages:
            cut = stretches(raw)
            packing, octets = packed(skeleton(raw, cut))
            skeletons.append((email_id, packing, octets))
            found += ((email_id, stretch) for stretch in cut)
            sources |= {stretch.sha256: (raw, stretch) for stretch in cut}
        insert_rows(self._connection, email_content, ("email_id", "packing", "skeleton"), skeletons)
        if found:
            blob_ids = self._blob_ids(sources)
            self._connection.execute(
                _INSERT_REFERENCES,
                [
                    {"email_id": email_id, "start": each.start, "line": each.line, "blob_id": blob_ids[each.sha256]}
                    for email_id, each in found
                ],
            )

    def replace(self, email_id: EmailId, raw: bytes) -> None:
        """Keep other bytes of an email than before."""
        before = select(email_blobs.c.blob_id).where(email_blobs.c.email_id == email_id)
        former = self._locked(before)
        self._connection.execute(delete(email_blobs).where(email_blobs.c.email_id == email_id))
        self._connection.execute(delete(email_content).where(email_content.c.email_id == email_id))
        self.add([(email_id, raw)])
        self.remove_unused(former)

    def raw(self, email_id: EmailId) -> bytes | None:
        """Return the bytes of an email, or None when there is none of this number."""
        bones = select(email_content.c.packing, email_content.c.skeleton).where(email_content.c.email_id == email_id)
        row = self._connection.execute(bones).one_or_none()
        if row is None:
            return None
        places = select(email_blobs.c.start, email_blobs.c.line, email_blobs.c.blob_id)
        found = self._connection.execute(places.where(email_blobs.c.email_id == email_id).order_by("start")).all()
        # One blob at a time: a driver may hold the whole of an answer.
        return joined(unpacked(*row), ((start, line, self._blob(blob_id)) for start, line, blob_id in found))

    def shared_by(self, mailbox_id: MailboxId) -> list[int]:
        """Return the blobs of a mailbox that is about to be removed, and keep everybody else from referring to them."""
        theirs = select(email_blobs.c.blob_id).join(emails).where(emails.c.mailbox_id == mailbox_id)
        return self._locked(theirs)

    def remove_unused(self, blob_ids: Iterable[int]) -> None:
        """Remove those of these blobs that no email refers to any more."""
        if gone := [{"blob": blob_id} for blob_id in blob_ids]:
            self._connection.execute(_REMOVE_UNUSED, gone)

    def _locked(self, blob_ids: Select[tuple[int]]) -> list[int]:
        locked = select(blobs.c.id).where(blobs.c.id.in_(blob_ids)).order_by(blobs.c.sha256).with_for_update()
        return list(self._connection.scalars(locked))

    def _blob(self, blob_id: int) -> bytes:
        return unpacked(*self._connection.execute(select(blobs.c.packing, blobs.c.content).filter_by(id=blob_id)).one())

    def _blob_ids(self, sources: dict[bytes, tuple[bytes, Stretch]]) -> dict[bytes, int]:
        """Return the number of each blob, storing those that are not there yet."""
        there = select(blobs.c.sha256, blobs.c.id).where(blobs.c.sha256.in_(sources)).order_by(blobs.c.sha256)
        locked = there.with_for_update(read=True, key_share=True)
        known = {bytes(sha256): blob_id for sha256, blob_id in self._connection.execute(locked)}
        new = insert_into(self._connection, blobs)
        # Another one may have stored it by now: then this changes nothing, and says its number.
        theirs = new.on_conflict_do_update(index_elements=[blobs.c.sha256], set_={"size": new.excluded.size})
        numbered = theirs.returning(blobs.c.id)
        for sha256 in sorted(sources.keys() - known.keys()):
            raw, stretch = sources[sha256]
            packing, octets = packed(content(raw, stretch))
            row = {"sha256": sha256, "size": stretch.size, "packing": packing, "content": octets}
            known[sha256] = self._connection.scalars(numbered, row).one()
        return known
