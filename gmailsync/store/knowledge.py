"""What the database knows of a batch of messages, by a few statements however many messages there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

from sqlalchemy import Column, ColumnElement, Connection, func, select

from gmailsync.model.activity import ActivityId
from gmailsync.model.directory import Record, RecordId, RecordKind
from gmailsync.model.known import Known, KnownActivity, Receiver
from gmailsync.model.mailbox import DeliveryMethod, Mailbox, MailboxId, MailboxKind
from gmailsync.model.settings import DecidingSettings
from gmailsync.model.tracked import Named
from gmailsync.rules.addresses import key
from gmailsync.store.columns import indexable
from gmailsync.store.directory import Records
from gmailsync.store.lookup import in_parts, listed
from gmailsync.store.mailboxes import Mailboxes
from gmailsync.store.tables import activities, activity_hashes, emails, queue_items

_MOST_RECORDS = 101
"""Of one address: more than a hundred are too many in any case."""

_MOST_CANDIDATES = 50
"""Of one word of a subject: smart matching looks at the newest emails that have it."""

_BEHIND = {MailboxKind.USER: RecordKind.USER, MailboxKind.QUEUE: RecordKind.QUEUE}
"""Which kind of record stands behind a mailbox."""

Ids = set[ActivityId]


class Knowledge:
    """Builds `Known` in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._records = Records(connection)
        self._mailboxes = Mailboxes(connection)

    def known(self, named: Named, settings: DecidingSettings) -> Known:
        """Return what is known of whatever the messages of a batch name. Its mappings may be added to."""
        normalise = settings.normalise_gmail_addresses
        records = self._records.by_address(named.addresses, normalise=normalise)
        messages = self._by_message_id(named.message_ids)
        tokens = self._newest(activities.c.tracking_token, named.tokens)
        threads = self._by_thread(named.mailbox_id, named.thread_ids)
        conversations = self._by_conversation(named.conversations)
        candidates = self._candidates(named.subject_hashes, named.alike_since)
        ids = {number for numbers in (*messages.values(), *candidates.values()) for number in numbers}
        found = self._activities(ids.union(tokens.values(), threads.values(), conversations.values()), settings)
        receivers = self._receivers(named, records, normalise=normalise)
        return Known(
            receivers=receivers,
            records={address: tuple(of_address[:_MOST_RECORDS]) for address, of_address in records.items()},
            activities={name: tuple(found[number] for number in numbers) for name, numbers in messages.items()},
            tokens={token: found[number] for token, number in tokens.items()},
            threads={(named.mailbox_id, thread): found[number] for thread, number in threads.items()},
            conversations={name: found[number] for name, number in conversations.items()},
            candidates={word: tuple(found[number] for number in numbers) for word, numbers in candidates.items()},
            default_queues=self._default_queues(receivers.values(), normalise=normalise)
            if settings.queue_item_for_owners_default_queue
            else {},
        )

    # --- Whose mail it is --------------------------------------------------------------------

    def _receivers(
        self, named: Named, records: Mapping[str, Sequence[Record]], *, normalise: bool
    ) -> dict[str, Receiver]:
        """Return our mailboxes by their addresses and by those of the records behind them."""
        behind: dict[tuple[RecordKind, str], Record] = {}
        for record in {record.id: record for found in records.values() for record in found}.values():
            if record.kind in _BEHIND.values():
                for address in record.addresses:
                    behind.setdefault((record.kind, key(address, normalise=normalise)), record)
        wanted = {*named.addresses, *(address for _, address in behind)}
        # Dots and tags cannot be looked up: with them, every mailbox is compared.
        ours = self._mailboxes.all() if normalise else self._mailboxes.by_addresses(wanted)
        record_of = {
            mailbox.id: behind.get((_BEHIND[mailbox.kind], key(mailbox.address, normalise=normalise)))
            for mailbox in ours
        }
        owners = self._owners(record for record in record_of.values() if record is not None)
        receivers: dict[str, Receiver] = {}
        others: list[tuple[str, Receiver]] = []
        for mailbox in ours:
            if mailbox.incoming is DeliveryMethod.NONE and mailbox.id != named.mailbox_id:
                continue
            person = record_of[mailbox.id]
            receiver = _receiver(mailbox, person, owners)
            receivers[key(mailbox.address, normalise=normalise)] = receiver
            if person is not None:
                others += [(key(address, normalise=normalise), receiver) for address in person.addresses]
        for address, receiver in others:  # a mailbox's own address goes before
            receivers.setdefault(address, receiver)
        return receivers

    def _owners(self, records: Iterable[Record]) -> dict[RecordId, str]:
        """Return the keys of the users who may own what comes to users and queues; disabled ones may not."""
        found = list(records)
        queues = [record for record in found if record.kind is RecordKind.QUEUE and record.owner_key is not None]
        keys = {record.owner_key for record in queues if record.owner_key is not None}
        users = self._records.by_keys(RecordKind.USER, keys)
        disabled = {user.key for user in users if not user.active}
        owners = {user.id: user.key for user in found if user.kind is RecordKind.USER and user.active}
        return owners | {
            queue.id: queue.owner_key
            for queue in queues
            if queue.owner_key is not None and queue.owner_key not in disabled
        }

    def _default_queues(self, receivers: Iterable[Receiver], *, normalise: bool) -> dict[str, Receiver]:
        """Return the queue mailboxes that the work of those who may own what comes goes to, by the users' keys."""
        owners = {receiver.owner_key for receiver in receivers if receiver.owner_key is not None}
        chosen = {user.key: user.queue_key for user in self._records.by_keys(RecordKind.USER, owners) if user.queue_key}
        addresses = {queue.key: queue.addresses for queue in self._records.by_keys(RecordKind.QUEUE, chosen.values())}
        wanted = {address for of_queue in addresses.values() for address in of_queue}
        ours = self._mailboxes.all() if normalise else self._mailboxes.by_addresses(wanted)
        mailboxes = {
            key(mailbox.address, normalise=normalise): _receiver(mailbox, None, {})
            for mailbox in ours
            if mailbox.kind is MailboxKind.QUEUE
        }
        found: dict[str, Receiver] = {}
        for user, queue in chosen.items():
            known = (mailboxes.get(key(address, normalise=normalise)) for address in addresses.get(queue, ()))
            if (mailbox := next(filter(None, known), None)) is not None:
                found[user] = mailbox
        return found

    # --- What it may belong to ---------------------------------------------------------------

    def _by_message_id(self, message_ids: Collection[str]) -> dict[str, list[ActivityId]]:
        """Return the activities of each Message-ID; there are two where sent and received side are two."""
        asked = {indexable(message_id): message_id for message_id in message_ids if message_id}
        found = defaultdict(list)
        among = select(listed(self._connection, asked).c.value)
        named = activities.c.message_id.in_(among), activities.c.message_id != ""
        query = select(activities.c.message_id, activities.c.id).where(*named).order_by(activities.c.id)
        for message_id, number in self._connection.execute(query):
            found[asked[message_id]].append(ActivityId(number))
        return found

    def _newest(self, column: Column[str], values: Collection[str]) -> dict[str, ActivityId]:
        """Return the newest activity with each value of a column; the empty text is no value."""
        asked = {indexable(value): value for value in values if value}
        found = {}
        for part in in_parts(asked):
            query = select(column, func.max(activities.c.id)).where(column.in_(part), column != "").group_by(column)
            found.update({asked[value]: ActivityId(number) for value, number in self._connection.execute(query)})
        return found

    def _by_conversation(self, keys: Collection[str]) -> dict[str, ActivityId]:
        found = self._newest(activities.c.conversation, keys)
        for name, number in self._newest(activities.c.conversation_base, keys).items():
            found[name] = max(number, found.get(name, number))
        return found

    def _by_thread(self, mailbox_id: MailboxId, threads: Collection[int]) -> dict[int, ActivityId]:
        found = {}
        thread, newest = emails.c.gmail_thread_id, func.max(emails.c.activity_id)
        for part in in_parts(threads):
            of_part = emails.c.mailbox_id == mailbox_id, thread.in_(part), emails.c.activity_id.is_not(None)
            query = select(thread, newest).where(*of_part).group_by(thread)
            found.update({number: ActivityId(activity) for number, activity in self._connection.execute(query)})
        return found

    def _candidates(self, words: Collection[int], since: date | None) -> dict[int, list[ActivityId]]:
        """Return the newest activities that have each word in their subjects, of those stored since that day."""
        found = defaultdict(list)
        for part in in_parts(words):
            rank = func.row_number().over(
                partition_by=activity_hashes.c.hash, order_by=activity_hashes.c.activity_id.desc()
            )
            of_part = [activity_hashes.c.is_subject, activity_hashes.c.hash.in_(part)]
            if since is not None:
                of_part.append(activity_hashes.c.stored_on >= since)
            ranked = select(activity_hashes.c.hash, activity_hashes.c.activity_id, rank.label("rank")).where(*of_part)
            inner = ranked.subquery("ranked")
            query = select(inner.c.hash, inner.c.activity_id).where(inner.c.rank <= _MOST_CANDIDATES)
            for word, number in self._connection.execute(query.order_by(inner.c.activity_id.desc())):
                found[word].append(ActivityId(number))
        return found

    def _activities(self, ids: Ids, settings: DecidingSettings) -> dict[ActivityId, KnownActivity]:
        found: dict[ActivityId, KnownActivity] = {}
        for part in in_parts(ids):
            mailboxes = self._grouped(emails.c.activity_id, emails.c.mailbox_id, part)
            queues = self._grouped(queue_items.c.activity_id, queue_items.c.mailbox_id, part)
            words, addresses = self._hashes(part) if settings.use_smart_matching else ({}, {})
            for row in self._connection.execute(select(activities).where(activities.c.id.in_(part))):
                number = ActivityId(row.id)
                found[number] = KnownActivity(
                    id=number,
                    subject=row.subject,
                    direction=row.direction,
                    kind=row.mail_kind,
                    owner_key=row.owner_key,
                    regarding=None if row.regarding is None else RecordId(row.regarding),
                    mailbox_ids=frozenset(mailboxes.get(number, ())),
                    queue_ids=frozenset(queues.get(number, ())),
                    subject_hashes=frozenset(words.get(number, ())),
                    recipient_hashes=frozenset(addresses.get(number, ())),
                )
        return found

    def _grouped(
        self, by: Column[int], value: Column[int], ids: list[ActivityId], *conditions: ColumnElement[bool]
    ) -> dict[ActivityId, list[MailboxId]]:
        grouped = defaultdict(list)
        for number, one in self._connection.execute(select(by, value).where(by.in_(ids), *conditions)):
            grouped[ActivityId(number)].append(MailboxId(one))
        return grouped

    def _hashes(self, ids: list[ActivityId]) -> tuple[dict[ActivityId, list[int]], dict[ActivityId, list[int]]]:
        words: dict[ActivityId, list[int]] = defaultdict(list)
        addresses: dict[ActivityId, list[int]] = defaultdict(list)
        query = select(activity_hashes).where(activity_hashes.c.activity_id.in_(ids))
        for row in self._connection.execute(query):
            (words if row.is_subject else addresses)[ActivityId(row.activity_id)].append(row.hash)
        return words, addresses


def _receiver(mailbox: Mailbox, record: Record | None, owners: Mapping[RecordId, str]) -> Receiver:
    return Receiver(
        mailbox_id=mailbox.id,
        address=mailbox.address,
        kind=mailbox.kind,
        acceptance=mailbox.acceptance,
        record=None if record is None else record.id,
        owner_key=None if record is None else owners.get(record.id),
    )
