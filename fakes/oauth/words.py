"""The language of Google's pages: which one a browser gets, and how a sentence is said in it.

English is the language of the code; whatever is shown passes through `Words`. Error codes, names of
parameters and what the customer typed into the console stay as they are (google.md 2.6).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from fakes.oauth.http import Request
from fakes.oauth.japanese import MESSAGES, SENTENCES


class Language(StrEnum):
    """A language that the pages are there in, as HTML's `lang` names it."""

    ENGLISH = "en"
    JAPANESE = "ja"


@dataclass(frozen=True, slots=True)
class Words:
    """What one browser reads. `hl` is the language that its address asked for, kept from page to page; else empty."""

    language: Language
    hl: str = ""

    @classmethod
    def of(cls, request: Request) -> Words:
        """Choose by the parameter `hl`, then by the header Accept-Language; English when neither helps."""
        hl = request.params().get("hl", "")
        for tag in (hl, *_accepted(request.headers.get("accept-language", ""))):
            primary = tag.replace("_", "-").partition("-")[0].lower()
            if primary in tuple(Language):
                return cls(Language(primary), hl)
        return cls(Language.ENGLISH, hl)

    def __call__(self, english: str, **values: object) -> str:
        """Return a sentence of the pages, with the values for its fields."""
        text = SENTENCES[english] if self.language is Language.JAPANESE else english
        return text.format_map(values)

    def message(self, english: str) -> str:
        """Return the whole message of an error, values and all; one that has no translation stays English."""
        if self.language is Language.JAPANESE:
            for pattern, japanese in _messages():
                if found := pattern.fullmatch(english):
                    return japanese.format_map(found.groupdict())
        return english

    @property
    def carried(self) -> dict[str, str]:
        """The parameter that takes an address's choice of language along."""
        return {"hl": self.hl} if self.hl else {}


def _accepted(header: str) -> list[str]:
    """Return the language tags of an Accept-Language header, best first (RFC 9110 section 12.5.4)."""
    weighed = []
    for item in header.split(","):
        tag, _, parameter = item.partition(";")
        quality = re.fullmatch(r"\s*q=([01](?:\.\d{0,3})?)\s*", parameter)
        weight = float(quality[1]) if quality else 1.0
        if tag.strip() and weight > 0:
            weighed.append((weight, tag.strip()))
    return [tag for _, tag in sorted(weighed, key=lambda pair: -pair[0])]


@cache
def _messages() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return each known message as a pattern that finds its values, with its translation."""
    return tuple((re.compile("".join(_pattern(english)), re.DOTALL), text) for english, text in MESSAGES.items())


def _pattern(english: str) -> Iterator[str]:
    for part in re.split(r"(\{\w+\})", english):
        yield f"(?P<{part[1:-1]}>.+)" if part.startswith("{") else re.escape(part)
