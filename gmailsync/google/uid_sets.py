"""UIDs as a command names them: in pieces of a bearable length, written as sequence sets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def chunks(uids: Sequence[int], length: int) -> Iterator[Sequence[int]]:
    """Cut UIDs into pieces of at most `length`."""
    for start in range(0, len(uids), length):
        yield uids[start : start + length]


def uid_set(uids: Sequence[int]) -> str:
    """Write ascending UIDs as a sequence set (RFC 3501 section 9), such as `3:5,9`."""
    runs: list[list[int]] = []
    for uid in uids:
        if runs and uid == runs[-1][1] + 1:
            runs[-1][1] = uid
        else:
            runs.append([uid, uid])
    return ",".join(str(first) if first == last else f"{first}:{last}" for first, last in runs)
