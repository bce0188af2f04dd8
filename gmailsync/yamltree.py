"""YAML that people write, read together with the line of every key, so that errors can point.

Only plain data: texts, numbers, switches, lists and mappings. Anchors and tags, which can make
a small file huge or start code, are refused. What the values mean is left to the caller.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import yaml
from yaml.constructor import SafeConstructor

Path = tuple[str | int, ...]
"""Where a value is: the keys and list indices that lead to it, such as `("mailboxes", 0, "address")`."""

_PLAIN_TAGS = {f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null")}
_DATE_TAG = "tag:yaml.org,2002:timestamp"


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the file, both numbers from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something that is not plain data, such as a key written twice. The document has it not."""

    path: Path
    place: Place
    value: str
    allowed: str


class NotYaml(Exception):
    """The text is no YAML at all."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line
        self.reason = reason


@dataclass(slots=True)
class Document:
    """What a text says: its data, where each piece is, and each scalar as it was written."""

    data: object = None
    places: dict[Path, Place] = field(default_factory=dict)
    written: dict[Path, str] = field(default_factory=dict)
    flaws: list[Flaw] = field(default_factory=list)

    def place(self, path: Path) -> Place:
        """Return the place of a value, or of the nearest thing around it when it is not there."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, Place(1, 1))


def read(text: bytes) -> Document:
    """Read one YAML document. `NotYaml` when that is impossible."""
    try:
        root = yaml.compose(text, Loader=_Loader)
        document = Document()
        document.data = _value(document, (), root) if root is not None else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = ", ".join(part for part in (error.context, error.problem) if part)
        raise NotYaml(mark.line + 1 if mark else 1, reason) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise NotYaml(1, "the text is not UTF-8, or has characters that YAML forbids") from error
    except RecursionError as error:
        raise NotYaml(1, "lists or mappings are nested too deeply") from error
    return document


class _Loader(yaml.SafeLoader):
    """Refuses aliases before they are followed: a text of a few lines could otherwise fill the memory."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]  # PyYAML's stubs leave it out
            raise yaml.composer.ComposerError(None, None, "anchors and aliases cannot be used here", mark)
        return super().compose_node(parent, index)


def _value(document: Document, path: Path, node: yaml.Node) -> object:
    document.places.setdefault(path, _place(node))
    if isinstance(node, yaml.MappingNode):
        return _mapping(document, path, node)
    if isinstance(node, yaml.SequenceNode):
        return [_value(document, (*path, index), item) for index, item in enumerate(node.value)]
    document.written[path] = node.value
    if node.tag == _DATE_TAG:
        return node.value
    if node.tag not in _PLAIN_TAGS:
        allowed = "plain texts, numbers, on and off, lists and mappings"
        document.flaws.append(Flaw(path, document.places[path], f"tag {node.tag}", allowed))
        return None
    try:
        return SafeConstructor().construct_object(node)
    except ValueError:  # looks like a number and is none, such as `0x_`
        return node.value


def _mapping(document: Document, path: Path, node: yaml.MappingNode) -> dict[str, object]:
    data: dict[str, object] = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            document.flaws.append(Flaw(path, _place(key_node), "a list or mapping as key", "a text as key"))
            continue
        key = key_node.value
        inner = (*path, key)
        if key in data:
            first = document.places[inner].line
            document.flaws.append(
                Flaw(inner, _place(key_node), f"written again, first on line {first}", "each key once")
            )
            continue
        document.places[inner] = _place(key_node)
        data[key] = _value(document, inner, value_node)
    return data


def _place(node: yaml.Node) -> Place:
    return Place(node.start_mark.line + 1, node.start_mark.column + 1)
