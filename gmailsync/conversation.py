"""Reads what crossed the wire as a story: exchanges of question and answer, repeats told once.

A sync of a few dozen messages is hundreds of lines. People want to see who asked whom for what,
so lines become exchanges, courtesies are folded together, and what is repeated is counted. How
one line reads is left to `gmailsync.wirewords`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from gmailsync import wirewords
from gmailsync.evidence import Party, WireLine

LONGEST_REPEAT = 48
"""How many exchanges in a row are looked at as one thing that may be repeated, such as a whole sync cycle."""

COURTESIES = {"CONNECT", "CAPABILITY", "ID", "NAMESPACE", "ENABLE", "EHLO", "HELO", "STARTTLS"}
"""What a session begins with; nobody reads about each of them."""

FAREWELLS = {"LOGOUT", "QUIT", "CLOSE", "UNSELECT", "NOOP"}
SUBMISSION = {"MAIL", "RCPT", "DATA", "MESSAGE"}

_SERVERS = {Party.OAUTH, Party.IMAP, Party.POP, Party.SMTP}


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question of `client` and the `server`'s answer; `times` when asked several times in a row."""

    client: Party
    server: Party
    verb: str
    asked: str
    answered: str
    times: int = 1

    @property
    def looks(self) -> tuple[Party, Party, str, str]:
        """Return what is equal in exchanges that are the same to people: numbers, ids and names do not count."""
        return self.client, self.server, wirewords.alike(self.asked), wirewords.alike(self.answered)


@dataclass(frozen=True, slots=True)
class Passage:
    """Exchanges in order; `times` when the whole passage comes several times in a row."""

    exchanges: tuple[Exchange, ...]
    times: int = 1


def passages(lines: Iterable[WireLine]) -> list[Passage]:
    """Return the story of these lines."""
    return _told_once(_exchanges(lines))


# --- Lines to exchanges ----------------------------------------------------------------------


def _exchanges(lines: Iterable[WireLine]) -> list[Exchange]:
    """Pair questions with answers, session by session, in the order the questions were asked."""
    sessions: dict[str, list[tuple[int, WireLine]]] = {}
    for number, line in enumerate(lines):
        sessions.setdefault(f"{line.channel} {line.session}", []).append((number, line))
    found = [pair for numbered in sessions.values() for pair in _folded(_of_session(numbered))]
    return [exchange for _, exchange in sorted(found, key=lambda pair: pair[0])]


def _of_session(numbered: Sequence[tuple[int, WireLine]]) -> Iterator[tuple[int, Exchange]]:
    turns = [list(turn) for _, turn in groupby(numbered, key=lambda pair: pair[1].sender in _SERVERS)]
    if turns[0][0][1].sender in _SERVERS:
        turns.insert(0, [])  # mail servers greet unasked
    for asking, answering in zip(turns[::2], [*turns[1::2], []], strict=False):
        first, line = (asking or answering)[0]
        client, server = (line.sender, line.receiver) if asking else (line.receiver, line.sender)
        asked, answered = ("\n".join(told.text for _, told in turn) for turn in (asking, answering))
        if line.channel == "https":
            question, answer = wirewords.request(asked), wirewords.response(answered)
        else:
            question, answer = wirewords.command(asked), wirewords.reply(answered, line.session)
        verb = question.split(" ", 1)[0].upper()
        yield first, Exchange(client, server, verb, question, answer)


# --- Fewer exchanges -------------------------------------------------------------------------


def _folded(numbered: Iterable[tuple[int, Exchange]]) -> list[tuple[int, Exchange]]:
    """Fold what belongs together in a session: courtesies, one submission, the same command again."""
    told: list[tuple[int, Exchange]] = []
    for number, exchange in numbered:
        first, before = told[-1] if told else (number, None)
        merged = _merged(before, exchange) if before else None
        if merged is None:
            told.append((number, exchange))
        else:
            told[-1] = (first, merged)
    return told


def _merged(before: Exchange, after: Exchange) -> Exchange | None:
    """Return both as one exchange, or None when each is worth telling."""
    if before.answered in wirewords.CONTINUATIONS:  # the rest of the same command
        return replace(before, asked=f"{before.asked} {after.asked}", answered=after.answered)
    if after.verb in FAREWELLS:  # answered politely; what was answered before it is what people look for
        return replace(before, asked=f"{_with_times(before)} · {after.verb}", times=1)
    if before.verb in COURTESIES and after.verb in COURTESIES:
        asked = before.asked if before.asked == after.verb else f"{before.asked} · {after.verb}"
        return replace(before, asked=asked, answered=after.answered)
    if before.verb in SUBMISSION and after.verb in SUBMISSION:
        return replace(before, asked=f"{before.asked} · {after.asked}", answered=after.answered)
    if before.verb not in SUBMISSION and before.looks == after.looks:
        return replace(before, answered=after.answered, times=before.times + 1)
    return None


def _with_times(exchange: Exchange) -> str:
    return f"{exchange.asked} ({exchange.times} ×)" if exchange.times > 1 else exchange.asked


# --- Repeats ---------------------------------------------------------------------------------


def _told_once(exchanges: list[Exchange]) -> list[Passage]:
    """Replace what comes several times in a row by one passage with its count, what leaves out the most first."""
    told: list[Passage] = []
    plain: list[Exchange] = []
    looks = [exchange.looks for exchange in exchanges]
    at = 0
    while at < len(exchanges):
        length, times = _repeat_at(looks, at)
        if times == 1:
            plain.append(exchanges[at])
        else:
            told += [Passage(tuple(plain))] if plain else []
            told.append(Passage(tuple(exchanges[at : at + length]), times))
            plain = []
        at += length * times
    return [*told, Passage(tuple(plain))] if plain else told


def _repeat_at(looks: Sequence[object], at: int) -> tuple[int, int]:
    """Return (length, times) of the repeat at this place that leaves out the most; (1, 1) for none."""
    best = (1, 1)
    for length in range(1, min(LONGEST_REPEAT, (len(looks) - at) // 2) + 1):
        block = looks[at : at + length]
        times = 1
        while looks[at + times * length : at + (times + 1) * length] == block:
            times += 1
        if (times - 1) * length > (best[1] - 1) * best[0]:
            best = (length, times)
    return best
