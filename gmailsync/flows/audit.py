"""The audit: each message that the server has against what is stored of it, one by one, whatever the cursors say.

A sync trusts what it wrote down about the last look. The audit does not: it lists the folders whole, compares UIDs,
identities and sizes, mends what has drifted apart, and writes down what it found.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from gmailsync.errors import AuditImpossible, GmailSyncError, MessageFailed
from gmailsync.flows import leases, ledger, tokens
from gmailsync.flows.looking import keep_changes, look, read_missed
from gmailsync.flows.lookup import active_profile
from gmailsync.flows.reading import Reading, Run
from gmailsync.flows.receiving import arrival_of, receive
from gmailsync.model.audit import Audit
from gmailsync.model.email import FetchedMessage
from gmailsync.model.folder import Listed, Outcome
from gmailsync.model.lease import Holder
from gmailsync.model.mailbox import Mailbox
from gmailsync.model.profile import IncomingProtocol, ServerProfile
from gmailsync.model.secret import Secret
from gmailsync.ports import MailSource, Ports
from gmailsync.rules import auditing, choice, readiness
from gmailsync.rules import cursor as rules


@dataclass(frozen=True, slots=True)
class Audited:
    """How an audit went. `audit` is None when it was not made to the end; `under_way` is whose sync was at work."""

    address: str
    audit: Audit | None = None
    error: GmailSyncError | None = None
    under_way: Holder | None = None

    @property
    def ok(self) -> bool:
        """True when the audit proves the mailbox."""
        return self.audit is not None and self.audit.is_proven


def due(ports: Ports) -> list[str]:
    """Return the addresses of the mailboxes that an audit of all takes: those whose incoming mail is enabled."""
    with ports.store.begin() as tx:
        return [mailbox.address for mailbox in tx.mailboxes.all() if mailbox.incoming_enabled]


def audit(ports: Ports, address: str) -> Audited:
    """Audit one mailbox, after bringing it in step. Raises `NotFound`; all else is in the result."""
    with ports.store.begin() as tx:
        mailbox = tx.mailboxes.get(address)
        lease = leases.claim(ports, tx, mailbox)
    if isinstance(lease, Holder):
        return Audited(mailbox.address, under_way=lease)
    try:
        return Audited(mailbox.address, _audit(leases.fenced(ports, mailbox, lease), mailbox))
    except GmailSyncError as error:
        return Audited(mailbox.address, error=error)
    finally:
        leases.release(ports, lease)


def _audit(ports: Ports, mailbox: Mailbox) -> Audit:
    readiness.check_mailbox(mailbox)
    with ports.store.begin() as tx:
        profile = active_profile(tx, mailbox)
    if profile.protocol is IncomingProtocol.POP:
        raise AuditImpossible(f"{mailbox.address} is read by POP, which does not show all messages of the mailbox")
    count: Counter[str] = Counter()

    def compare(token: Secret) -> None:
        count.clear()
        with ports.mail.imap(profile.incoming, mailbox.address, token) as source:
            for folder in mailbox.folders:
                count.update(_audit_folder(Run(ports, mailbox, rules.MAX_MESSAGES, receive), source, profile, folder))

    tokens.with_token(ports, mailbox, compare)
    found = Audit(mailbox.id, ports.clock.now(), **count)
    with ports.store.begin() as tx:
        tx.audits.save(found)
    return found


def _audit_folder(run: Run, source: MailSource, profile: ServerProfile, folder: str) -> Mapping[str, int]:
    """Bring the folder in step, compare it whole, mend it, and count what it is like after that."""
    with suppress(MessageFailed):  # what is in the ledger is counted
        look(run, source, profile, folder)
    state = source.open_folder(folder)
    with run.ports.store.begin() as tx:
        before = tx.folders.cursor(run.mailbox.id, folder)
    reading = Reading(run, source, state, rules.begin(before, state, before.since if before else None))
    rows = source.listing(1, reading.cursor.last_uid, choice.search_day(reading.cursor.since))
    rows = choice.to_read(rows, {}, reading.cursor.since)
    run.ports.progress.start(f"auditing {run.mailbox.address} {folder}", len(rows))
    keep_changes(reading, rows)  # an answer about changes may have left some out; what is to be read is found below
    labelled = _read_labelled(reading, rows)
    drift = _drift(reading, rows)
    _mend(reading, rows, drift)
    left = _drift(reading, rows)
    run.ports.progress.advance(len(rows))
    mended = labelled + max(len(drift) - len(left), 0)
    with run.ports.store.begin() as tx:
        outcomes = tx.folders.outcomes(run.mailbox.id, reading.cursor)
        given_up = ledger.given_up(tx, run.mailbox, reading.cursor)
    return auditing.count(rows.keys(), outcomes, left, given_up) | {"mended": mended}


def _read_labelled(reading: Reading, rows: Mapping[int, Listed]) -> int:
    """Read what All Mail refused and may have a wanted label by now; return how many are emails after that.

    An answer about changes may have left such a message out. What was refused for another reason is refused again.
    """
    run = reading.run
    wanted = choice.condition(reading.cursor.folder, run.mailbox.labels)
    with run.ports.store.begin() as tx:
        outcomes = tx.folders.outcomes(run.mailbox.id, reading.cursor)
    refused = (uid for uid, outcome in outcomes.items() if outcome is Outcome.REFUSED and uid in rows)
    late = {uid: rows[uid] for uid in refused if choice.may_be_wanted(rows[uid], wanted)}
    read_missed(reading, late)
    with run.ports.store.begin() as tx:
        places = tx.folders.placements(run.mailbox.id, reading.cursor, late)
    return sum(place.outcome is Outcome.STORED for place in places.values())


def _drift(reading: Reading, rows: Mapping[int, Listed]) -> auditing.Drift:
    """Compare what the server lists with what is noted; what it does not list is asked for by another question."""
    with reading.run.ports.store.begin() as tx:
        noted = tx.folders.noted(reading.run.mailbox.id, reading.cursor)
    unlisted = noted.keys() - rows.keys()
    there = reading.source.describe(unlisted).keys() | reading.source.still_there(sorted(unlisted))
    return auditing.compare(rows, noted, gone=unlisted - there)


def _mend(reading: Reading, rows: Mapping[int, Listed], drift: auditing.Drift) -> None:
    """Forget what is not there, read what is missing or is another message than noted, and compare bytes."""
    run = reading.run
    if wrong := drift.extra | drift.mistaken:
        with run.ports.store.begin() as tx:
            tx.folders.remove(run.mailbox.id, reading.cursor, wrong)
    read_missed(reading, {uid: rows[uid] for uid in drift.missing | drift.mistaken})
    for messages in reading.source.fetch(rules.batches({uid: rows[uid].size for uid in drift.resized})):
        for message in messages:
            _settle(reading, message, rows[message.uid].size)


def _settle(reading: Reading, message: FetchedMessage, told: int) -> None:
    """Find out which is wrong, the size that the server told or what is stored, and note it so or store it anew.

    What was decided about the email stays: it is the same message. Where neither is right nothing is changed.
    """
    run, cursor = reading.run, reading.cursor
    with run.ports.store.begin() as tx:
        fetched = arrival_of(run.mailbox, message, tx.switches.load()).email
        place = tx.folders.placements(run.mailbox.id, cursor, [message.uid])[message.uid]
        if place.email_id is None:
            return
        verdict = auditing.judge(tx.emails.get(place.email_id).sha256, fetched.sha256, len(message.raw), told)
        if verdict is auditing.Verdict.SERVER:
            [number] = tx.emails.numbers_of([fetched])
            if number in (None, place.email_id):
                tx.emails.replace(place.email_id, fetched)
            else:  # stored whole already, from a server without ids: there the same bytes are the same message
                place = replace(place, email_id=number)
        if verdict is not auditing.Verdict.UNKNOWN:
            tx.folders.save(run.mailbox.id, cursor, [replace(place, size=told)])
