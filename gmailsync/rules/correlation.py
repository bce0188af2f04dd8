"""Which stored email a message belongs to: methods in their order, from those that are sure to those that guess."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from gmailsync.model.activity import NO_CORRELATION, SETS_PARENT, Correlation, CorrelationMethod
from gmailsync.model.email import Direction
from gmailsync.model.facts import MailFacts
from gmailsync.model.known import Known, KnownActivity, Receiver
from gmailsync.model.settings import DecidingSettings
from gmailsync.rules import smart_matching, subjects, tracking_token
from gmailsync.rules.addresses import key

_INDEX_BASE = 22
_INDEX_STEP = 5
"""Octets of a conversation index: those of its beginning, and those that each reply adds ([MS-OXOMSG] 2.2.1.3)."""

_MOST_ANCESTORS = 100

_SKIPPED = Correlation(CorrelationMethod.SKIPPED)


def correlate(
    mail: MailFacts,
    known: Known,
    settings: DecidingSettings,
    receiver: Receiver,
    gmail_thread_id: int | None = None,
) -> tuple[Correlation, KnownActivity | None]:
    """Return what a message belongs to, and by which method. `SKIPPED` tells that every method is switched off."""
    search = _Search(mail, known, settings, receiver, gmail_thread_id)
    for method, found in search.attempts():
        if found is not None:
            changed = subject_changed(mail.headers.subject, found.subject, settings)
            return Correlation(method, found.id, parent=method in SETS_PARENT, subject_changed=changed), found
    is_on = settings.use_correlation or settings.use_tracking_token or settings.use_smart_matching
    return NO_CORRELATION if is_on else _SKIPPED, None


def conversation_keys(index: str) -> tuple[str, ...]:
    """Return the keys of a conversation index (a Thread-Index header): its own, its ancestors', at last its base's.

    An activity is known under the first and the last of them. There are none of what is no such index.
    """
    if not index:
        return ()
    try:
        octets = base64.b64decode(index, validate=True)
    except (binascii.Error, ValueError):
        return ()
    if len(octets) < _INDEX_BASE or (len(octets) - _INDEX_BASE) % _INDEX_STEP:
        return ()
    lengths = range(len(octets), _INDEX_BASE - 1, -_INDEX_STEP)[:_MOST_ANCESTORS]
    return tuple(dict.fromkeys(octets[:length].hex() for length in (*lengths, _INDEX_BASE)))


def subject_changed(subject: str, other: str, settings: DecidingSettings) -> bool:
    """Tell whether two subjects differ, apart from reply prefixes and our tokens."""
    if subject == other:
        return False
    return _bare(subject, settings) != _bare(other, settings)


def _bare(subject: str, settings: DecidingSettings) -> str:
    for token in tracking_token.find(subject, settings.token_layout):
        subject = subject.replace(token, " ")
    return subjects.base(subject)


class _Search:
    """What one message can be matched to, and how."""

    def __init__(
        self,
        mail: MailFacts,
        known: Known,
        settings: DecidingSettings,
        receiver: Receiver,
        gmail_thread_id: int | None,
    ) -> None:
        self._mail = mail
        self._known = known
        self._settings = settings
        self._receiver = receiver
        self._thread = gmail_thread_id

    def attempts(self) -> Iterator[tuple[CorrelationMethod, KnownActivity | None]]:
        """Yield what each method finds that is switched on and has anything to go by, in their order."""
        mail, settings = self._mail, self._settings
        headers = settings.use_correlation
        microsoft = headers and not settings.ignore_conversation_index_and_in_reply_to
        if headers and mail.report is not None:
            yield CorrelationMethod.DELIVERY_REPORT, self._reported(mail.report.message_id)
        if microsoft and settings.use_in_reply_to and mail.headers.in_reply_to:
            yield CorrelationMethod.IN_REPLY_TO, self._by_message_ids([mail.headers.in_reply_to])
        if headers and settings.use_references and mail.references:
            yield CorrelationMethod.REFERENCES, self._by_message_ids(reversed(mail.references))
        if settings.use_tracking_token:
            yield CorrelationMethod.TRACKING_TOKEN, self._by_token()
        if headers and settings.use_gmail_thread and self._thread is not None:
            thread = self._known.threads.get((self._receiver.mailbox_id, self._thread))
            yield CorrelationMethod.GMAIL_THREAD, thread
        if microsoft and settings.use_conversation_index and mail.conversation_index:
            yield CorrelationMethod.CONVERSATION_INDEX, self._by_conversation()
        if settings.use_smart_matching:
            yield CorrelationMethod.SMART_MATCHING, self._alike()

    def _reported(self, message_id: str) -> KnownActivity | None:
        found = self._known.activities.get(message_id, ()) if message_id else ()
        return next((one for one in found if one.direction is Direction.OUTGOING), None) or self._nearest(found)

    def _by_token(self) -> KnownActivity | None:
        tokens = tracking_token.find(self._mail.headers.subject, self._settings.token_layout)
        return next((self._known.tokens[token] for token in tokens if token in self._known.tokens), None)

    def _by_conversation(self) -> KnownActivity | None:
        known = self._known.conversations
        keys = conversation_keys(self._mail.conversation_index)
        return next((known[one] for one in keys if one in known), None)

    def _alike(self) -> KnownActivity | None:
        mail, parameters = self._mail, self._settings.smart_matching
        subject = smart_matching.subject_hashes(mail.headers.subject, parameters)
        candidates = chain.from_iterable(self._known.candidates.get(word, ()) for word in subject)
        named = (*((mail.author,) if mail.author else ()), *mail.recipients)
        normalise = self._settings.normalise_gmail_addresses
        addresses = (key(one.address, normalise=normalise) for one in named)
        return smart_matching.match(
            subject, smart_matching.recipient_hashes(addresses, parameters), candidates, parameters
        )

    def _by_message_ids(self, message_ids: Iterable[str]) -> KnownActivity | None:
        for message_id in message_ids:
            # A message that names itself as what it answers (seen of broken programs) answers nothing.
            if message_id and message_id != self._mail.headers.message_id:
                found = self._known.activities.get(message_id)
                if found:
                    return self._nearest(found)
        return None

    def _nearest(self, found: Sequence[KnownActivity]) -> KnownActivity | None:
        """Return the one in this mailbox, where the sender's and the recipient's side of an email are two."""
        mailbox_id = self._receiver.mailbox_id
        return next((one for one in found if mailbox_id in one.mailbox_ids), found[0] if found else None)
