"""How much shorter mail becomes by compression, and how long that takes: what is kept of it now, and the alternatives.

python tests/benchmarks/packing.py [FOLDER...]

Takes every .eml file below the folders, or mail made up as `incoming.py` makes it, apart as it is kept, and compresses
each piece by itself. The ways take turns; times are the least of nine rounds.
"""

from __future__ import annotations

import sys
import time
import zlib
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

from incoming import message

from gmailsync.mime.keeping import content, skeleton, stretches
from gmailsync.store.packing import packed, zstd

ROUNDS = 9


def main(folders: Sequence[str]) -> None:
    """Print a table for each kind of mail."""
    if folders:
        files = sorted(path for folder in folders for path in Path(folder).rglob("*.eml"))
        show("messages of these folders", [path.read_bytes() for path in files])
    else:
        show("messages of 4 kB", [message(number, 4_000) for number in range(400)])
        show("messages of 100 kB", [message(number, 100_000) for number in range(60)])


def show(kind: str, raws: Sequence[bytes]) -> None:
    """Print what each way makes of these messages."""
    kept = list(pieces(raws))
    size = sum(map(len, kept))
    print(f"\n{len(raws)} {kind}, {size / 1e6:.1f} MB\nway          us a message   share kept")
    ways: dict[str, Callable[[bytes], bytes]] = {"as kept now": lambda octets: packed(octets)[1]}
    ways |= {f"zlib {level}": partial(zlib.compress, level=level) for level in (1, 6)}
    ways |= {f"zstd {level}": by_zstd(level) for level in (1, 3, 9)}
    least = dict.fromkeys(ways, float("inf"))
    share = {}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            begin = time.thread_time()
            made = [way(octets) for octets in kept]
            least[name] = min(least[name], time.thread_time() - begin)
            share[name] = sum(min(len(short), len(whole)) for short, whole in zip(made, kept, strict=True)) / size
    for name, seconds in least.items():
        print(f"{name:11}  {seconds / len(raws) * 1e6:12.1f}  {share[name]:11.1%}")


def pieces(raws: Iterable[bytes]) -> Iterable[bytes]:
    """Yield what is kept of messages: the skeleton of each, and its stretches."""
    for raw in raws:
        cut = stretches(raw)
        yield skeleton(raw, cut)
        yield from (content(raw, stretch) for stretch in cut)


def by_zstd(level: int) -> Callable[[bytes], bytes]:
    """Return a way that keeps its compressor."""
    compressor = zstd.ZstdCompressor(level)
    return lambda octets: compressor.compress(octets, zstd.ZstdCompressor.FLUSH_FRAME)


if __name__ == "__main__":
    main(sys.argv[1:])
