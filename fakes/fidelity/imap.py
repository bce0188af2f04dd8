"""The rows of google.md 7.3: mistakes that show when a client signs in and reads by IMAP."""

from __future__ import annotations

from fakes.fidelity.table import Mark, Row, Where

_I, _L = (Where.IMAP,), (Where.IMAP, Where.SMTP)

ROWS = (
    Row("57", "Access token expired, revoked, too narrow or not of this mailbox", _I, Mark.VERIFIED),
    Row("58", "Token with `gmail.modify`, which SMTP takes and IMAP does not", _L, Mark.VERIFIED),
    Row("59", "Refresh token or ID token in place of the access token", _I, Mark.RECALLED),
    Row("60", "XOAUTH2 string malformed", _I, Mark.VERIFIED),
    Row("61", "Account without the Gmail service", _I, Mark.VERIFIED),
    Row("62", "IMAP off for the user", _I, Mark.VERIFIED),
    Row("63", "IMAP off for the organisational unit", _I, Mark.VERIFIED),
    Row("64", "IMAP on for the unit, the client not on the allow-list", _I, Mark.STAND_IN),
    Row("65", "More than 15 connections", _I, Mark.VERIFIED),
    Row("66", "First sync of a large mailbox exceeds the daily volume", _I, Mark.VERIFIED),
    Row("67", "Connection held past the token's life", _I, Mark.VERIFIED),
    Row("68", "IDLE never issued again", _I, Mark.VERIFIED),
    Row("69", "Still set up with a password", _I, Mark.VERIFIED),
    Row("70", "Google distrusts the sign-in and wants one on the web", _I, Mark.VERIFIED),
    Row("71", "English folder names, account in another language", _I, Mark.VERIFIED),
    Row("72", "Folder name in raw UTF-8 without ENABLE", _I, Mark.VERIFIED),
    Row("73", "`[Gmail]` itself selected", _I, Mark.VERIFIED),
    Row("74", "Show in IMAP unticked", _I, Mark.VERIFIED),
    Row("75", "Folder size limit set", _I, Mark.VERIFIED),
    Row("76", "Deleted mail comes back: expunging takes only the label", _I, Mark.VERIFIED),
    Row("77", "Every message twice: All Mail synced beside the labels", _I, Mark.VERIFIED),
    Row("78", "Folder created with blanks at its ends or two in a row, or with `^`", _I, Mark.VERIFIED),
    Row("79", "Imported message over 34 MiB", _I, Mark.VERIFIED),
    Row("80", "Throttled", _I, Mark.VERIFIED),
)
