"""What an audit compares: the server's list of a folder with what is noted of each of its messages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from enum import Enum

from gmailsync.model.folder import Listed, Noted, Outcome


@dataclass(frozen=True, slots=True)
class Drift:
    """Where list and notes differ, by UID.

    `missing` are listed and have no trace, `extra` are noted and gone, `mistaken` are noted as another message, and
    `resized` are emails of another size than the server's message: only their bytes tell which of the two is wrong.
    """

    missing: frozenset[int]
    extra: frozenset[int]
    mistaken: frozenset[int]
    resized: frozenset[int]

    def __len__(self) -> int:
        return len(self.missing) + len(self.extra) + len(self.mistaken) + len(self.resized)


def compare(rows: Mapping[int, Listed], noted: Mapping[int, Noted], gone: Set[int]) -> Drift:
    """Return where they differ. What either side does not tell counts as equal; `gone` are noted and not there."""
    emails = {uid: noted[uid] for uid in rows.keys() & noted.keys() if noted[uid].outcome is Outcome.STORED}
    mistaken = {uid for uid, note in emails.items() if _differ(rows[uid].gmail_message_id, note.gmail_message_id)}
    resized = {
        uid
        for uid, note in emails.items()
        if uid not in mistaken and _differ(rows[uid].size, note.size) and rows[uid].size != note.told
    }
    unknown = {uid for uid in rows if uid not in noted or noted[uid].outcome is Outcome.LISTED}
    return Drift(frozenset(unknown), frozenset(gone), frozenset(mistaken), frozenset(resized))


class Verdict(Enum):
    """What is right of an email that has another size than the server says."""

    STORED = "the bytes are those stored, the server's size is wrong"
    SERVER = "the server hands over other bytes, of the size it says"
    UNKNOWN = "other bytes, and not of that size either"


def judge(stored: str, fetched: str, octets: int, told: int) -> Verdict:
    """Compare the SHA-256 of what is stored with that of the `octets` fetched anew, of which the server told some."""
    if stored == fetched:
        return Verdict.STORED
    return Verdict.SERVER if octets == told else Verdict.UNKNOWN


def count(
    uids: Iterable[int], outcomes: Mapping[int, Outcome], left: Drift, given_up: Set[int] = frozenset()
) -> dict[str, int]:
    """Count the server's messages by what became of them, and what is still amiss.

    `given_up` are UIDs of the failure ledger's entries that are not tried any more.
    """
    there = list(uids)
    became = [outcomes.get(uid, Outcome.LISTED) for uid in there]
    abandoned = sum(what is Outcome.FAILED for uid, what in zip(there, became, strict=True) if uid in given_up)
    return {
        "server": len(became),
        "stored": became.count(Outcome.STORED),
        "set_aside": became.count(Outcome.TEST) + became.count(Outcome.REFUSED),
        "failed": became.count(Outcome.FAILED) - abandoned,
        "given_up": abandoned,
        "missing": len(left.missing),
        "extra": len(left.extra),
        "changed": len(left.mistaken) + len(left.resized),
    }


def _differ(one: int | None, other: int | None) -> bool:
    return bool(one) and bool(other) and one != other
