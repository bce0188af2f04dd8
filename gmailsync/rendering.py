"""Fills the package's templates; whatever is put into one is escaped, so that mail cannot write HTML."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, **values: object) -> Markup:
    """Return the filled template. Values are made printable and escaped, unless they are `Markup`."""
    return Markup(_environment.get_template(template).render(values))  # noqa: S704 - the template escapes


def source(name: str) -> Markup:
    """Return a file of the templates as it is, such as the style sheet."""
    return Markup((TEMPLATES / name).read_text(encoding="utf-8"))  # noqa: S704 - our own file


def printable(text: str) -> str:
    """Replace characters that have no place in a page, such as control characters of a broken header."""
    return "".join(character if character.isprintable() or character in "\n\t" else "�" for character in text)


def _finalized(value: object) -> object:
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


_environment = Environment(
    loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, finalize=_finalized
)
