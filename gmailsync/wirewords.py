"""Puts one question or answer of HTTP, IMAP, POP or SMTP into the few words that a picture has room for."""

from __future__ import annotations

import re

CONTINUATIONS = {"+", "334"}
"""IMAP's and SMTP's "go on": what the client says next belongs to the same command."""

_TAG = re.compile(r"^[A-Za-z]*\d+ (?=[A-Za-z])")  # IMAP's, made by the client; it says nothing to people
_SASL = re.compile(r"\[\w+ user=(\S*) token cut\]")
_FETCHED = re.compile(r"^\* \S+ FETCH .*?\((\d+) responses", re.MULTILINE)
_MEANINGLESS = re.compile(r"[\w.+-]+@[\w.-]+|[\w.+:,*-]*\d[\w.+:,*-]*")


def request(text: str) -> str:
    """Tell an HTTP request by method and path, and by the grant type in its form."""
    method, _, rest = text.partition(" ")
    path = re.sub(r"^https?://[^/]+", "", re.split(r"[?\s]", rest, maxsplit=1)[0])
    grant = re.search(r"^(?:.*&)?grant_type=([^&\s]+)", text, re.MULTILINE)
    return f"{method} {path}" + (f" ({grant[1]})" if grant else "")


def response(text: str) -> str:
    """Tell an HTTP response by its status, the page it shows, and the host it leads to."""
    status = re.sub(r"^HTTP/\S+ ", "", text.split("\n", 1)[0]).strip()
    page = re.search(r"<page: (.*)>", text)
    error = re.search(r'"error": *"([^"]*)"', text)
    target = re.search(r"^location: *https?://([^/?\s]+)", text, re.IGNORECASE | re.MULTILINE)
    more = page[1] if page else error[1] if error else f"to {target[1]}" if target else ""
    return f"{status} {more}".strip()


def command(text: str) -> str:
    """Tell a command of IMAP, POP or SMTP without tag, size and secret; nothing at all is the client's connecting."""
    if not text:
        return "connect"
    if text.startswith("<"):  # how the journal sums a message up
        return "message"
    told = _TAG.sub("", " ".join(text.split()))
    told = _SASL.sub(r"(token of \1)", told)
    told = re.sub(r"\bSIZE=\d+\b", "", told).strip()
    verb, _, rest = told.partition(" ")
    if verb.upper() in {"EHLO", "HELO"}:
        return verb.upper()
    return f"{verb.upper()} {rest}".strip() if not told.startswith("(") else told


def reply(text: str, session: str) -> str:
    """Tell an answer of IMAP, POP or SMTP: what came of it first, without the session's id."""
    own_id = re.compile(rf"(?<!\S){re.escape(session)}(?: - gsmtp)?(?!\S)")
    lines = [" ".join(own_id.sub("", line).split()) for line in text.splitlines()]
    lines = [line for line in lines if line]
    if not lines:
        return ""
    if re.match(r"\d{3}-", lines[0]):  # SMTP's answer of several lines; the first one is for people
        return f"{lines[0][:3]} {lines[0][4:]}"
    if lines[0].startswith(("+OK", "-ERR")):  # POP's; what follows is only the message or list asked for
        return lines[0]
    last = _TAG.sub("", lines[-1])
    last = re.sub(r"^(250 2\.0\.0 OK) \d+$", r"\1", last)  # the time in it says nothing
    return f"{_came_first(lines)}{last}"


def alike(text: str) -> str:
    """Return what stays of a text when numbers, ids and addresses are taken out."""
    return _MEANINGLESS.sub("#", text)


def _came_first(lines: list[str]) -> str:
    """Tell the untagged lines that carry what was asked for."""
    told = "\n".join(lines)
    fetched = sum(int(count) for count in _FETCHED.findall(told)) or len(re.findall(r"^\* \d+ FETCH ", told, re.M))
    if fetched:
        return f"{fetched} × FETCH, "
    if exists := re.search(r"^\* (\d+) EXISTS", told, re.MULTILINE):
        return f"{exists[1]} EXISTS, "
    if found := re.search(r"^\* SEARCH(.*)", told, re.MULTILINE):
        return f"{len(found[1].split())} found, "
    return ""
