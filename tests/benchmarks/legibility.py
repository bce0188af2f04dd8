"""How legible real mail is: a table of the emails whose reading is doubtful, and how long reading takes.

python tests/benchmarks/legibility.py FOLDER...

Reads every .eml and .txt file below the folders. An email is in the table when its text or subject has something that
could not be read, its charset had to be guessed or contradicts its label, or it says nothing at all.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from gmailsync.mime.body import read_content
from gmailsync.mime.headers import read_headers

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def main(folders: list[str]) -> None:
    """Print the table, then the counts and the times."""
    files = sorted(path for folder in folders for path in Path(folder).rglob("*") if path.suffix in {".eml", ".txt"})
    messages = [(path, path.read_bytes()) for path in files]
    print("| Message | Why | Read as | Subject | Text begins |\n|---|---|---|---|---|")
    doubtful = sum(show(path, raw) for path, raw in messages)
    print(f"\n{len(messages)} messages, {doubtful} doubtful")
    for name, read in (("header fields", read_headers), ("everything", read_content)):
        start = time.process_time()
        for _path, raw in messages:
            read(raw)
        print(f"{name}: {(time.process_time() - start) / max(1, len(messages)) * 1e3:.3f} ms each")


def show(path: Path, raw: bytes) -> bool:
    """Print a message's row where there is a reason, and tell whether there was."""
    content, headers = read_content(raw), read_headers(raw)
    reasons: list[str] = list(content.doubts)
    if REPLACEMENT in headers.subject or "=?" in headers.subject:
        reasons.append("subject")
    if not content.text.strip():
        reasons.append("only attachments" if content.attachments else "no text")
    if reasons:
        begin = " ".join(content.text[:60].split()).replace("|", "/")
        print(f"| {path.name} | {', '.join(reasons)} | {content.charset} | {headers.subject[:40]} | {begin} |")
    return bool(reasons)


if __name__ == "__main__":
    main(sys.argv[1:])
