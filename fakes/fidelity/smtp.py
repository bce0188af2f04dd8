"""The rows of google.md 7.5: mistakes that show when a client submits mail."""

from __future__ import annotations

from fakes.fidelity.table import Mark, Row, Where

_S = (Where.SMTP,)
_LATER = (Where.SMTP, Where.MAIL)
_UNTESTED = "no test plays it yet"

ROWS = (
    Row("89", "Bad token, or one of another address", _S, Mark.VERIFIED, _UNTESTED),
    Row("90", "AUTH skipped", _S, Mark.VERIFIED, _UNTESTED),
    Row("91", "Port 587 without STARTTLS", _S, Mark.VERIFIED, _UNTESTED),
    Row("92", "TLS at once on 587, or none on 465", _S, Mark.RECALLED, _UNTESTED),
    Row("93", "Password kept with two-step verification on", _S, Mark.VERIFIED, _UNTESTED),
    Row("94", "Google wants a sign-in on the web", _S, Mark.VERIFIED, _UNTESTED),
    Row("95", "Retry loop with a dead token", _S, Mark.VERIFIED, _UNTESTED),
    Row("96", "Daily limit used up", _S, Mark.VERIFIED, _UNTESTED),
    Row("97", "More than 100 recipients", _S, Mark.VERIFIED, _UNTESTED),
    Row("98", "Message over 25 MB", _S, Mark.VERIFIED, _UNTESTED),
    Row("99", "Display name in MAIL FROM, or RCPT empty", _S, Mark.VERIFIED, _UNTESTED),
    Row("100", "EHLO name with underscore, blank or non-ASCII", _S, Mark.VERIFIED, _UNTESTED),
    Row("101", "From is no alias of the account", _LATER, Mark.VERIFIED, _UNTESTED),
    Row("102", "Send-as alias with a broken server of its own", _LATER, Mark.VERIFIED, _UNTESTED),
    Row("103", "Duplicates in Sent", _LATER, Mark.VERIFIED, _UNTESTED),
    Row("104", "Forbidden attachment", _S, Mark.RECALLED, _UNTESTED),
    Row("105", "Administrator's content rule", _S, Mark.VERIFIED, _UNTESTED),
    Row("106", "Message-ID with a bad host", _LATER, Mark.VERIFIED, _UNTESTED),
    Row("107", "Recipient's address wrong", _LATER, Mark.VERIFIED, _UNTESTED),
)
