"""The rows of google.md 7.5: mistakes that show when a client submits mail."""

from __future__ import annotations

from fakes.fidelity.table import Mark, Row, Where

_S = (Where.SMTP,)
_LATER = (Where.SMTP, Where.MAIL)

ROWS = (
    Row("89", "Bad token, or one of another address", _S, Mark.VERIFIED),
    Row("90", "AUTH skipped", _S, Mark.VERIFIED),
    Row("91", "Port 587 without STARTTLS", _S, Mark.VERIFIED),
    Row("92", "TLS at once on 587, or none on 465", _S, Mark.RECALLED),
    Row("93", "Password kept with two-step verification on", _S, Mark.VERIFIED),
    Row("94", "Google wants a sign-in on the web", _S, Mark.VERIFIED),
    Row("95", "Retry loop with a dead token", _S, Mark.VERIFIED),
    Row("96", "Daily limit used up", _S, Mark.VERIFIED),
    Row("97", "More than 100 recipients", _S, Mark.VERIFIED),
    Row("98", "Message over 25 MB", _S, Mark.VERIFIED),
    Row("99", "Display name in MAIL FROM, or RCPT empty", _S, Mark.VERIFIED),
    Row("100", "EHLO name with underscore, blank or non-ASCII", _S, Mark.VERIFIED),
    Row("101", "From is no alias of the account", _LATER, Mark.VERIFIED),
    Row("102", "Send-as alias with a broken server of its own", _LATER, Mark.VERIFIED),
    Row("103", "Duplicates in Sent", _LATER, Mark.VERIFIED),
    Row("104", "Forbidden attachment", _S, Mark.RECALLED),
    Row("105", "Administrator's content rule", _S, Mark.VERIFIED),
    Row("106", "Message-ID with a bad host", _LATER, Mark.VERIFIED),
    Row("107", "Recipient's address wrong", _LATER, Mark.VERIFIED),
)
