"""What deciding about a message needs of its header, read in the same pass as what every stored email keeps."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from gmailsync.mime import parameters
from gmailsync.mime.addresses import legible_addresses, named_addresses
from gmailsync.mime.headers import field_names, kept, message_ids, read_all_fields
from gmailsync.mime.reports import read_report, read_returned_id
from gmailsync.mime.words import decoded
from gmailsync.model.facts import Automatic, DeliveryReport, FailedRecipient, MailFacts, NamedAddress

_DELIVERED_TO = frozenset({"delivered-to", "x-original-to", "envelope-to", "x-forwarded-to"})
_LIST = frozenset({"list-id", "list-unsubscribe", "list-post"})
_SAYS_AUTOREPLY = frozenset({"x-autoreply", "x-autorespond"})
_SAYS_AUTOMATIC = _SAYS_AUTOREPLY | {"auto-submitted", "precedence"}
_REPEATED = _DELIVERED_TO | {"x-loop"}
_WANTED = field_names(
    "message-id", "subject", "from", "sender", "to", "cc", "bcc", "date", "in-reply-to", "references", "reply-to",
    "thread-index", "precedence", "auto-submitted", "x-auto-response-suppress", "return-path", "content-type",
    "x-failed-recipients", *sorted(_REPEATED | _LIST | _SAYS_AUTOREPLY),
)  # fmt: skip

_MOST_REFERENCES = 100
"""Of a References field, the newest; each is looked up, and a message may not name a million."""

_BULK = frozenset({"bulk", "list", "junk"})
_KEYWORD = re.compile(r"[a-z-]*")
_SUPPRESSING = re.compile(r"\b(?:all|oof|autoreply)\b", re.IGNORECASE)
_DAEMON = "mailer-daemon"


def read_facts(raw: bytes) -> MailFacts:
    """Return what a message's header says, and of a delivery status notification what it reports. Never raises."""
    found, _start = read_all_fields(raw, _WANTED)
    fields: dict[str, str] = {}
    for name, value in found:
        fields.setdefault(name, value)
    written = _named(fields, "from") or _named(fields, "sender")
    authors = written or tuple(NamedAddress(one) for one in legible_addresses(fields.get("from", ""))[:1])
    to, cc, bcc = _named(fields, "to"), _named(fields, "cc"), _named(fields, "bcc")
    repeated = [pair for pair in found if pair[0] in _REPEATED]
    null_sender = "".join(fields.get("return-path", "?").split()) == "<>"
    report_type = _report_type(fields)
    return MailFacts(
        headers=kept(fields, [author.address for author in written[:1]], [one.address for one in to + cc + bcc]),
        author=authors[0] if authors else None,
        to=to,
        cc=cc,
        bcc=bcc,
        reply_to=_named(fields, "reply-to"),
        delivered_to=_addresses(value for name, value in repeated if name in _DELIVERED_TO) if repeated else (),
        references=tuple(message_ids(fields["references"])[-_MOST_REFERENCES:]) if "references" in fields else (),
        conversation_index="".join(fields.get("thread-index", "").split()),
        automatic=_automatic(fields, is_answer=null_sender or bool(report_type)),
        wants_no_reply=bool(_SUPPRESSING.search(fields.get("x-auto-response-suppress", ""))),
        is_list=not _LIST.isdisjoint(fields) or fields.get("precedence", "").lower() in _BULK,
        list_id=decoded(fields.get("list-id", "")),
        null_sender=null_sender,
        loop_marks=_addresses(value for name, value in repeated if name == "x-loop") if repeated else (),
        report=_report(raw, fields, report_type, authors, null_sender=null_sender),
    )


def _named(fields: Mapping[str, str], name: str) -> tuple[NamedAddress, ...]:
    """Return the addresses of a field with their names."""
    if name not in fields:
        return ()
    return tuple(NamedAddress(address, decoded(words)) for words, address in named_addresses(fields[name]))


def _addresses(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(address for value in values for _name, address in named_addresses(value)))


def _automatic(fields: Mapping[str, str], *, is_answer: bool) -> Automatic:
    """Return what a message says of the program that wrote it.

    Auto-Submitted counts first (RFC 3834 section 5); the others are what programs wrote before there was one.
    `is_answer`: it has no return path, because it wants no answer (RFC 3834 section 3.3), or is a report.
    """
    if not is_answer and _SAYS_AUTOMATIC.isdisjoint(fields):
        return Automatic.NO
    keyword = _KEYWORD.match(fields.get("auto-submitted", "").lower())
    says = keyword[0] if keyword else ""
    if says and says != "no":
        return Automatic.REPLIED if says == "auto-replied" else Automatic.GENERATED
    if any(fields.get(name, "no").lower() != "no" for name in _SAYS_AUTOREPLY):
        return Automatic.REPLIED
    if is_answer or fields.get("precedence", "").lower() == "auto_reply":
        return Automatic.REPLIED
    return Automatic.NO


def _report_type(fields: Mapping[str, str]) -> str:
    """Return what kind of report a message is (RFC 6522 section 3), or "" for another message."""
    value = fields.get("content-type", "")
    if "report" not in value.lower():
        return ""
    media_type, found = parameters.split(value)
    return found.get("report-type", "").lower() if media_type == "multipart/report" else ""


def _report(
    raw: bytes, fields: Mapping[str, str], report_type: str, authors: tuple[NamedAddress, ...], *, null_sender: bool
) -> DeliveryReport | None:
    """Return what a message tells of a delivery. The body is looked at only where the header says that it does.

    Servers that write no such report name whom they failed in X-Failed-Recipients, or tell it in a text alone.
    """
    if report_type == "delivery-status":
        report = read_report(raw)
        if report.recipients or "x-failed-recipients" not in fields:
            return report
        return DeliveryReport(report.message_id, report.envelope_id, _failed(fields))
    if "x-failed-recipients" in fields or _is_from_daemon(fields, authors, null_sender=null_sender):
        return DeliveryReport(read_returned_id(raw), recipients=_failed(fields))
    return None


def _is_from_daemon(fields: Mapping[str, str], authors: tuple[NamedAddress, ...], *, null_sender: bool) -> bool:
    """Tell whether the writer is a mail server: `MAILER-DAEMON`, perhaps without an address, or nobody at all."""
    if not authors:
        writer = fields.get("from", "")
        return "<>" in writer or _DAEMON in writer.lower()
    local = authors[0].address.partition("@")[0].lower()
    if local != "postmaster":
        return local == _DAEMON
    return null_sender or _DAEMON in fields.get("return-path", _DAEMON).lower()  # a postmaster may be a person


def _failed(fields: Mapping[str, str]) -> tuple[FailedRecipient, ...]:
    found = _addresses([fields.get("x-failed-recipients", "")])
    return tuple(FailedRecipient(address, action="failed") for address in found)
