"""format=flowed (RFC 3676): paragraphs that were broken into lines for old programs, put together again."""

from __future__ import annotations

_SIGNATURE = "-- "


def unflowed(text: str, *, deletes_space: bool) -> str:
    """Return a text with its paragraphs on one line each; `deletes_space` is the parameter DelSp (section 4.1)."""
    paragraphs: list[list[str]] = []
    depth_before = -1  # quote depth of a line that flows on; -1 where none does
    for line in text.split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")  # space-stuffing, section 4.4
        flows = content.endswith(" ") and content != _SIGNATURE
        if depth != depth_before or content == _SIGNATURE:
            paragraphs.append([">" * depth + (" " if depth and content else "")])
        paragraphs[-1].append(content[:-1] if flows and deletes_space else content)
        depth_before = depth if flows else -1
    return "\n".join("".join(paragraph) for paragraph in paragraphs)
