"""HTML of emails: made safe to show, and read as plain text."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import nh3

_SCHEMES = {"cid", "http", "https", "mailto", "tel"}
_CUT_OUT = {"script", "style", "title"}
_BLOCKS = {
    "address", "article", "blockquote", "center", "dd", "div", "dl", "dt", "footer", "h1", "h2", "h3", "h4", "h5", "h6",
    "header", "hr", "li", "ol", "p", "pre", "section", "table", "tr", "ul",
}  # fmt: skip
_APART = {"blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "ol", "p", "pre", "table", "ul"}
"""Blocks with an empty line around them."""

_DEEPEST = 3_000
_NESTING = re.compile(r"<(/?)(?!(?:area|br|col|hr|img|input|li|link|meta|p|t[dhr])\b)[a-z]", re.IGNORECASE)
"""Tags that are nested when nobody closes them, and their ends."""

_MOST_REFERENCES = 5_000
"""Ampersands in one text, far beyond real mail's: parsing takes time that grows with the square of their number."""

_TAG = re.compile(r"<[^<>]*>?")
_BLANKS = re.compile(r"[ \t\r\n\f\v\u00a0\u200b\u200c\ufeff]+")


def sanitised(html: str) -> str:
    """Return HTML that does nothing when it is shown: no script, style, form or frame, and no picture from afar.

    A remote picture would tell its sender that, when and where the email was read; those within the email stay.
    """
    if _is_too_deep(html):
        html = _TAG.sub(" ", html)
    if html.count("&") > _MOST_REFERENCES:
        html = "<".join(_parted(text) if len(text) > _MOST_REFERENCES else text for text in html.split("<"))
    return nh3.clean(html, clean_content_tags=_CUT_OUT, url_schemes=_SCHEMES, attribute_filter=_kept)


def _is_too_deep(html: str) -> bool:
    """Tell whether tags are nested as no email's are; building such a tree takes time that grows with its square."""
    depth = 0
    for tag in _NESTING.finditer(html):
        depth += -1 if tag[1] else 1
        if depth > _DEEPEST:
            return True
    return False


def _parted(text: str) -> str:
    """Return a text with a comment, which is cut out, after so many ampersands: what comes after it is another text."""
    first, *others = text.split("&")
    parts = (others[at : at + _MOST_REFERENCES] for at in range(0, len(others), _MOST_REFERENCES))
    return first + "<!---->".join("&" + "&".join(part) for part in parts)


def _kept(_tag: str, name: str, value: str) -> str | None:
    is_remote = name in {"src", "srcset", "background"} and not value.lower().startswith("cid:")
    return None if is_remote else value


def text_of(clean: str) -> str:
    """Return sanitised HTML as lines for people: each block on its own, `- ` before items, links with their targets."""
    reader = _Reader()
    reader.feed(clean)
    reader.close()
    return reader.text()


class _Reader(HTMLParser):
    """Collects text; what is sanitised is well-formed, so that every end tag is there."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[str] = [""]
        self._links: list[tuple[str, int, int]] = []  # target, line and column where the text of each began
        self._quoted = 0
        self._as_is = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "br":
            self._lines.append("")
        elif tag in _BLOCKS:
            self._break(apart=tag in _APART)
        if tag == "li":
            self._lines[-1] = "- "
        elif tag in {"td", "th"} and self._lines[-1].strip():
            self._lines[-1] = self._lines[-1].rstrip() + " "
        elif tag == "img" and attributes.get("alt"):
            self.handle_data(f"[{attributes['alt']}]")
        elif tag == "a":
            self._links.append((attributes.get("href") or "", len(self._lines) - 1, len(self._lines[-1])))
        self._as_is += tag == "pre"

    def handle_endtag(self, tag: str) -> None:
        self._as_is -= tag == "pre"
        if tag in _BLOCKS:
            self._break(apart=tag in _APART)
        elif tag == "a" and self._links:
            self._end_link(*self._links.pop())

    def handle_data(self, data: str) -> None:
        if self._as_is:
            first, *others = data.split("\n")
            self._lines[-1] += first
            self._lines += others
            return
        text = _BLANKS.sub(" ", data)
        self._lines[-1] += text.lstrip() if self._lines[-1][-1:] in {"", " "} else text

    def text(self) -> str:
        """Return what was read, with no more than one empty line in a row."""
        return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in self._lines)).strip("\n")

    def _break(self, *, apart: bool) -> None:
        if self._lines[-1].strip() not in {"", "-"}:
            self._lines.append("")
        if apart and len(self._lines) > 1 and self._lines[-2]:
            self._lines.append("")

    def _end_link(self, target: str, line: int, column: int) -> None:
        shown = "\n".join([self._lines[line][column:], *self._lines[line + 1 :]]).strip()
        is_told = target.removeprefix("mailto:").rstrip("/") in {shown, f"http://{shown}", f"https://{shown}"}
        if target.startswith(("http://", "https://", "mailto:")) and shown and not is_told:
            self._lines[-1] += f" <{target.removeprefix('mailto:')}>"
