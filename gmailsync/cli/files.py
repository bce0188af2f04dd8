"""Texts from files and standard input, so that no secret has to be typed; and the JSON file that Google offers."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from gmailsync.errors import BadInput
from gmailsync.model.secret import Secret

STANDARD_INPUT = Path("-")


@dataclass(frozen=True, slots=True)
class Client:
    """A client id and secret as given; None where nothing was given."""

    client_id: str | None
    client_secret: Secret | None


def read_client(
    client_id: str | None, client_secret: str | None, secret_file: Path | None, client_json: Path | None
) -> Client:
    """Return the client from whichever options were used; each of id and secret may be given in one way only."""
    downloaded = read_client_json(client_json) if client_json else Client(None, None)
    if downloaded.client_id and (client_id or client_secret or secret_file):
        raise BadInput("client json", str(client_json), "give either this file or the other client options")
    if client_secret and secret_file:
        raise BadInput("client secret file", str(secret_file), "give either this file or the secret itself")
    secret = Secret(client_secret) if client_secret else None
    if secret_file:
        secret = Secret(read_text("client secret file", secret_file))
    return Client(client_id or downloaded.client_id, secret or downloaded.client_secret)


def read_client_json(path: Path) -> Client:
    """Read the file that the console offers as "Download JSON": `{"web": {"client_id": …, "client_secret": …}}`.

    Raises `BadInput`; the one for another application type says which type is needed (step 3.7 of the guide).
    """
    try:
        content = json.loads(read_text("client json", path))
    except ValueError as error:
        raise BadInput("client json", str(path), "must be the JSON file of the OAuth client") from error
    if isinstance(content, dict) and "installed" in content:
        raise BadInput("client json", str(path), 'is of a Desktop client; make one of type "Web application"')
    web = content.get("web") if isinstance(content, dict) else None
    client_id, secret = (web.get("client_id"), web.get("client_secret")) if isinstance(web, dict) else (None, None)
    if not isinstance(client_id, str) or not isinstance(secret, str):
        raise BadInput("client json", str(path), 'must have "web" with "client_id" and "client_secret"')
    return Client(client_id, Secret(secret))


def read_text(field: str, path: Path) -> str:
    """Return a file's text, or standard input for `-`. Raises `BadInput` that names the field."""
    try:
        return sys.stdin.read() if path == STANDARD_INPUT else path.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is not text in UTF-8"
        raise BadInput(field, str(path), f"cannot be read: {reason}") from error


def write_bytes(field: str, path: Path | None, content: bytes) -> None:
    """Write into a new file, or to standard output for None and `-`. Raises `BadInput` that names the field.

    A file that is there already is left as it is: what comes by mail replaces nothing.
    """
    if path is None or path == STANDARD_INPUT:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    try:
        with path.open("xb") as file:
            file.write(content)
    except OSError as error:
        raise BadInput(field, str(path), f"cannot be written: {error.strerror}") from error


def make_directory(field: str, path: Path) -> None:
    """Make a directory for results, if it is not there. Raises `BadInput` that names the field."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(field, str(path), f"a directory that can be made ({error.strerror})") from error
