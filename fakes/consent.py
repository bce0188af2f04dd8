"""The owner of an account, walking through Google's pages as they come and pressing what an owner presses.

It reads the real forms, whoever serves them, and knows of nothing but HTML: a radio button for
the account, checkboxes for scopes, a button that goes on and one that does not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin, urlsplit

from fakes.oauth.http import Request, Response

GOOGLE = "accounts.google.com"
MOST_PAGES = 10
"""More pages than any consent has: who sees more is going round in circles."""


class ConsentStopped(Exception):
    """Google shows a page that an owner cannot get past.

    `page_title` is its heading, `code` its line such as `Error 403: access_denied` or empty,
    `text` what it tells the owner.
    """

    def __init__(self, page_title: str, code: str, text: str) -> None:
        super().__init__(". ".join(part for part in (page_title, code, text) if part))
        self.page_title = page_title
        self.code = code
        self.text = text

    @property
    def line(self) -> str:
        """What the page says in one line, its error code first: that is what people search for."""
        return " ".join(": ".join(part for part in (self.code or self.page_title, self.text) if part).split())


def give_consent(
    url: str, as_: str, send: Callable[[Request], Response], *, deny: bool = False, untick: Sequence[str] = ()
) -> str:
    """Open the authorization URL, walk through the pages as the owner of `as_`, return the URL of the redirect.

    Every box is ticked but those of `untick`; `deny` presses Cancel on the consent page. A page
    that Google leaves out, because everything was granted before, asks nothing.

    With `response_mode=form_post` what the browser would post to the client stands in the URL's query. Raises
    ConsentStopped on an error page or without such an account, ValueError when `url` is not one
    of Google's or `untick` names a scope that has no checkbox.
    """
    if urlsplit(url).hostname != GOOGLE:
        raise ValueError(f"not a URL of {GOOGLE}: {url}")
    request = Request.get(url)
    for _ in range(MOST_PAGES):
        response = send(request)
        if 300 <= response.status < 400:
            target = urljoin(request.url, response.header("location"))
            if urlsplit(target).hostname != GOOGLE:
                return target
            request = Request.get(target)
        else:
            page = _read(response.body)
            if urlsplit(target := urljoin(request.url, page.action)).hostname != GOOGLE:
                return f"{target}{'&' if '?' in target else '?'}{urlencode(page.hidden)}"
            request = Request.post(target, _fill(page, as_, deny, untick))
    raise ConsentStopped("Too many pages", "", f"no redirect after {MOST_PAGES} pages")


# --- reading a page --------------------------------------------------------------------------


@dataclass(slots=True)
class _Page:
    """What an owner sees: a heading, a message, perhaps an error code, perhaps a form."""

    title: str = ""
    message: str = ""
    code: str = ""
    action: str = ""
    hidden: list[tuple[str, str]] = field(default_factory=list)
    radios: list[tuple[str, str]] = field(default_factory=list)
    checkboxes: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class _Reader(HTMLParser):
    """Collects the parts of one page."""

    def __init__(self) -> None:
        super().__init__()
        self.page = _Page()
        self._part = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        pair = (given.get("name", ""), given.get("value", ""))
        page = self.page
        match tag, given.get("type"), given.get("id"):
            case "h1", _, _:
                self._part = "title"
            case "p", _, ("message" | "code") as part:
                self._part = part
            case "form", _, _:
                page.action = given.get("action", "")
            case "input", "hidden", _:
                page.hidden.append(pair)
            case "input", "radio", _:
                page.radios.append(pair)
            case "input", "checkbox", _:
                page.checkboxes.append(pair)
            case "button", _, _ if pair[0]:
                page.buttons.append(pair)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("h1", "p"):
            self._part = ""

    def handle_data(self, data: str) -> None:
        if self._part:
            setattr(self.page, self._part, getattr(self.page, self._part) + data)


def _read(body: bytes) -> _Page:
    """Return the page. ConsentStopped when it has no form to go on with."""
    reader = _Reader()
    reader.feed(body.decode("utf-8", "replace"))
    reader.close()
    page = reader.page
    if not page.action:
        raise ConsentStopped(page.title.strip(), page.code.strip(), page.message.strip())
    return page


def _fill(page: _Page, as_: str, deny: bool, untick: Sequence[str]) -> list[tuple[str, str]]:
    """Return the form as the owner sends it."""
    fields = list(page.hidden)
    if page.radios:
        fields.append(_own_account(page, as_))
    decisions = {value: name for name, value in page.buttons}
    if "cancel" in decisions:  # only the page that asks for consent has it
        _require_checkboxes(page, untick)
    fields += [(name, value) for name, value in page.checkboxes if value not in untick]
    if decisions:
        pressed = "cancel" if deny and "cancel" in decisions else "continue"
        fields.append((decisions[pressed], pressed))
    return fields


def _require_checkboxes(page: _Page, untick: Sequence[str]) -> None:
    offered = [value for _, value in page.checkboxes]
    for scope in untick:
        if scope not in offered:
            raise ValueError(f"no checkbox for {scope}; the page has {', '.join(offered) or 'none'}")


def _own_account(page: _Page, as_: str) -> tuple[str, str]:
    for name, value in page.radios:
        if value.lower() == as_.lower():
            return name, value
    offered = ", ".join(value for _, value in page.radios)
    raise ConsentStopped(page.title.strip(), "", f"there is no account {as_} to choose; there are {offered}")
