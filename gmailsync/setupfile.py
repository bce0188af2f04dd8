"""The setup file: a customer's setup as YAML, checked to the line.

A file says only what is special about a customer; the rest is as in a correct setup. Errors are
one line, `FILE:LINE: field: value: what is allowed`, and never show a secret.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from gmailsync.errors import BadInput, BadSetupFile
from gmailsync.model.history import Event, Expectation, ExpectedStep
from gmailsync.model.profile import IncomingProtocol
from gmailsync.model.setup import ClientType, Organisation, Setup, SetupProfile, contradictions, correct_setup
from gmailsync.model.values import EXAMPLE_ADDRESS
from gmailsync.rules import entries, popping

if TYPE_CHECKING:  # YAML is only needed once a file is read
    from gmailsync import yamltree
    from gmailsync.yamltree import Document, Place

EXAMPLES = Path(__file__).parent / "examples"
"""Setup files that come with the package, to start from."""

EXAMPLE_ENVIRONMENT = "https://contoso.crm.dynamics.com"

LONGEST_SHOWN = 60
"""Of a wrong value, so that an error stays one readable line."""

_SETUP = TypeAdapter(Setup)
_SECRET_KEY = re.compile(r"secret|token|password|key", re.IGNORECASE)
_SECRET_SHAPE = re.compile(r"GOCSPX-|ya29\.|1//0|4/0A|eyJ")


def load(path: Path) -> Setup:
    """Read a setup file. `BadInput` when it cannot be read, `BadSetupFile` when it cannot be meant."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise BadInput("setup file", str(path), f"a file that can be read ({error.strerror})") from error
    return parse(text, str(path))


def parse(text: bytes, file: str) -> Setup:
    """Return the setup that `text` says; `file` is its name for errors. Raises `BadSetupFile`."""
    from gmailsync import yamltree

    try:
        document = yamltree.read(text)
    except yamltree.NotYaml as error:
        raise BadSetupFile(file, error.line, "YAML", "cannot be read", error.reason) from error
    problems = [_Problem(flaw.place, _dotted(flaw.path), flaw.value, flaw.allowed) for flaw in document.flaws]
    try:
        setup = _SETUP.validate_python(_completed(document.data))
    except ValidationError as error:
        problems += [_problem(document, details) for details in error.errors()]
        raise _first(problems, file) from None  # pydantic's own text shows values, and so secrets
    problems += _contradictions(document, setup)
    if problems:
        raise _first(problems, file)
    return setup


def google_half(setup: Setup) -> dict[str, object]:
    """Return what Google's side is made of, as a setup file has it in JSON: no secret is in it."""
    told = replace(setup, profile=SetupProfile(setup.profile.name), history=(), expect=None)
    data: dict[str, object] = _SETUP.dump_python(told, mode="json", warnings="error", exclude_none=True)
    return data


def examples() -> list[str]:
    """Return the names of the examples that come with the package."""
    return sorted(path.stem for path in EXAMPLES.glob("*.yaml"))


def find(name: str) -> Path:
    """Return the file of an example by its name, or else `name` as a path. `BadInput` when there is neither."""
    if name in examples():
        return EXAMPLES / f"{name}.yaml"
    if Path(name).is_file():
        return Path(name)
    raise BadInput("setup", name, f"a setup file, or an example: {', '.join(examples())}")


# --- Defaults --------------------------------------------------------------------------------


def _completed(written: object) -> object:
    """Put what the file says on top of the correct setup for its environment and addresses."""
    written = {} if written is None else written
    if not isinstance(written, Mapping):
        return written
    environment = written.get("environment")
    addresses = _named_addresses(written) or [EXAMPLE_ADDRESS]
    protocol = _named_protocol(written)
    try:
        base = _as_data(correct_setup(str(environment), addresses, protocol))
    except ValidationError:  # reported when the whole is validated; until then any defaults do
        base = _as_data(correct_setup(EXAMPLE_ENVIRONMENT, addresses, protocol))
    del base["environment"]
    return _overlaid(base, _with_pop_on(written) if protocol is IncomingProtocol.POP else written)


def _named_protocol(written: Mapping[str, object]) -> IncomingProtocol:
    profile = written.get("profile")
    is_pop = isinstance(profile, Mapping) and profile.get("protocol") == IncomingProtocol.POP
    return IncomingProtocol.POP if is_pop else IncomingProtocol.IMAP


def _with_pop_on(written: Mapping[str, object]) -> Mapping[str, object]:
    """Turn POP on in the accounts that do not say: who reads by POP and follows the guide has done so in step 1."""
    google = written.get("google")
    accounts = google.get("accounts") if isinstance(google, Mapping) else None
    if not isinstance(google, Mapping) or not isinstance(accounts, list):
        return written
    told = [{"pop": True} | dict(entry) if isinstance(entry, Mapping) else entry for entry in accounts]
    return {**written, "google": {**google, "accounts": told}}


def _named_addresses(written: Mapping[str, object]) -> list[str]:
    """Return the addresses of the file's mailboxes or, where it names none, of its accounts."""
    google = written.get("google")
    accounts = google.get("accounts") if isinstance(google, Mapping) else None
    for listed in (written.get("mailboxes"), accounts):
        if isinstance(listed, list):
            found = [entry["address"] for entry in listed if isinstance(entry, Mapping) and "address" in entry]
            usable = [address for address in found if isinstance(address, str) and _is_address(address)]
            if usable:
                return list({address.lower(): address for address in usable}.values())
    return []


def _is_address(text: str) -> bool:
    try:
        correct_setup(EXAMPLE_ENVIRONMENT, [text])
    except ValidationError:
        return False
    return True


def _overlaid(base: object, written: object) -> object:
    """Return `base` with what was written in its place; a key without a value leaves the default."""
    if written is None:
        return base
    if isinstance(base, Mapping) and isinstance(written, Mapping):
        keys = [*base, *(key for key in written if key not in base)]
        return {key: _overlaid(base.get(key), written.get(key)) for key in keys}
    return written


def _as_data(setup: Setup) -> dict[str, object]:
    data: dict[str, object] = _SETUP.dump_python(setup, mode="json", warnings="error")
    return data


# --- Errors ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Problem:
    place: Place
    field: str
    value: str
    allowed: str
    absent: bool = False


def _first(problems: list[_Problem], file: str) -> BadSetupFile:
    """Return the first in the file; what is absent comes last, as a misspelt key may be the cause."""
    first = min(problems, key=lambda problem: (problem.absent, problem.place.line, problem.place.column))
    return BadSetupFile(file, first.place.line, first.field, first.value, first.allowed)


def _contradictions(document: Document, setup: Setup) -> Iterator[_Problem]:
    """Tell what single values cannot: parts of a setup that do not go together."""
    found = list(contradictions(setup))
    if setup.google.client.type is not ClientType.WEB:
        addresses = [("google", "client", key) for key in ("redirect_uris", "javascript_origins")]
        found += [(path, "only a client of type web has these") for path in addresses if path in document.places]
    found += _choices(setup)
    for path, allowed in found:
        yield _Problem(document.place(path), _dotted(path), _shown(document, path), allowed)


def _choices(setup: Setup) -> Iterator[tuple[yamltree.Path, str]]:
    """Tell which choices of mail make no sense, by the rules that hold for `mailbox set`."""
    for number, told in enumerate(setup.mailboxes):
        key = "folders"
        try:
            folders = entries.check_folders(told.folders)
            key = "labels"
            entries.check_labels(told.labels, folders)
            key = "pop_delete"
            popping.check_deletion(told.kind, delete=told.pop_delete)
        except BadInput as error:
            yield ("mailboxes", number, key), error.allowed


def _problem(document: Document, details: ErrorDetails) -> _Problem:
    path = details["loc"]
    field = _dotted(path) or "setup file"
    place = document.place(path)
    if details["type"] == "missing":
        return _Problem(place, field, "missing", f"required, such as {_at(path)}", absent=True)
    if details["type"] == "unexpected_keyword_argument":
        return _Problem(place, field, "unknown key", _known_keys(path))
    return _Problem(place, field, _shown(document, path), _allowed(details))


def _allowed(details: ErrorDetails) -> str:
    context = details.get("ctx", {})
    if details["type"] == "value_error":
        return str(context["error"])
    if details["type"] == "enum":
        return str(context["expected"]).replace("'", "")
    if details["type"] == "string_type":
        return "a text (in quotes if it looks like a number or a switch)"
    if details["type"] == "bool_type":
        return "on or off"
    if details["type"] == "tuple_type":
        return "a list, such as [first, second]"
    return f"the keys {', '.join(_keys_at(details['loc']))}"


def _shown(document: Document, path: yamltree.Path) -> str:
    """Return a wrong value for an error message: short, and never a secret."""
    if path not in document.written:
        return "a list or mapping" if path in document.places else "missing"
    text = document.written[path]
    if any(_SECRET_KEY.search(str(part)) for part in path) or _SECRET_SHAPE.search(text):
        return "(not shown)"
    return repr(text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…")


def _known_keys(path: yamltree.Path) -> str:
    """Return what an unknown key may have meant, and what is allowed beside it."""
    *parent, key = path
    known = _keys_at(tuple(parent))
    near = difflib.get_close_matches(str(key).lower(), known, n=1)
    home = [_dotted(where) for where in _mappings(_everything()) if key in _keys_at(where)]
    hint = f"did you mean {near[0]}? " if near else f"it belongs under {home[0] or 'the top'}. " if home else ""
    return f"{hint}allowed: {', '.join(known)}"


def _dotted(path: yamltree.Path) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def _everything() -> dict[str, object]:
    """Return a setup with every key there is, each with an example of its value."""
    setup = correct_setup(EXAMPLE_ENVIRONMENT)
    data = _as_data(
        replace(
            setup,
            google=replace(setup.google, organisation=Organisation("contoso.com")),
            history=(Event(after="8 days"),),
            expect=Expectation(ExpectedStep.HISTORY, "oauth.grant-dead"),
        )
    )
    data["history"] = [dict.fromkeys(_event_keys()) | {"after": "8 days", "secret_rotated": {"disable_old": True}}]
    return data


def _event_keys() -> list[str]:
    return [field.name for field in fields(Event)]


def _at(path: yamltree.Path) -> object:
    here: object = _everything()
    for part in path:
        here = next(iter(here), None) if isinstance(here, list) else here[part] if isinstance(here, Mapping) else None
    return here


def _keys_at(path: yamltree.Path) -> list[str]:
    here = _at(path)
    return list(here) if isinstance(here, Mapping) else []


def _mappings(here: object, path: yamltree.Path = ()) -> Iterator[yamltree.Path]:
    if isinstance(here, Mapping):
        yield path
        for key, value in here.items():
            yield from _mappings(value, (*path, key))
    if isinstance(here, list) and here:
        yield from _mappings(here[0], (*path, 0))
