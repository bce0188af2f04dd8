"""What people may enter as an address, a name, an environment, a location; each complaint names its field."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from gmailsync.errors import BadInput
from gmailsync.model.mailbox import ALL_MAIL, SENT
from gmailsync.model.profile import Endpoint
from gmailsync.model.secret import Secret

ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{2,63}", re.ASCII)
"""The addresses Gmail hands out, and those it sends to without SMTPUTF8: an RFC 5321 Mailbox without quotes."""

LONGEST_ADDRESS = 254
"""RFC 5321 section 4.5.3.1.3, less the angle brackets."""


def check_address(field: str, text: str) -> str:
    """Return the address without outer blanks, or raise `BadInput` that names the field."""
    address = text.strip()
    if len(address) > LONGEST_ADDRESS or not ADDRESS.fullmatch(address):
        raise BadInput(field, text, "an email address such as alice@contoso.com")
    return address


def domain_of(address: str) -> str:
    """Return what stands behind the @ of an address; Message-IDs of ours are made at this domain."""
    return address.rpartition("@")[2]


def check_environment(text: str) -> str:
    """Return the base URL of the business system, or raise `BadInput`."""
    url = text.strip()
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment or parts.username:
        raise BadInput("environment", text, "a base URL such as https://contoso.crm.dynamics.com")
    return url.rstrip("/")


def check_endpoint(field: str, endpoint: Endpoint) -> Endpoint:
    """Return the location and port, or raise `BadInput`. Whether a server is there is for the test to find out."""
    if not endpoint.host or any(c.isspace() or c in "/:@" for c in endpoint.host):
        raise BadInput(f"{field} location", endpoint.host, "a host name such as imap.gmail.com")
    if not 1 <= endpoint.port <= 65535:
        raise BadInput(f"{field} port", endpoint.port, "1 to 65535; Gmail answers on 993 (IMAP), 587 and 465 (SMTP)")
    return endpoint


def check_name(field: str, text: str) -> str:
    """Return the text without outer blanks, or raise `BadInput` when nothing is left or it has control characters."""
    name = text.strip()
    if not name or not name.isprintable():
        raise BadInput(field, text, "a text of one line that is not empty")
    return name


def check_secret(field: str, secret: Secret) -> Secret:
    """Return the secret without outer blanks, as they come with copying; raise `BadInput` when nothing is left."""
    text = secret.reveal().strip()
    if not text:
        raise BadInput(field, "", "a text that is not empty")
    return Secret(text)


def check_folders(folders: Sequence[str]) -> tuple[str, ...]:
    r"""Return the names of IMAP folders, each once; `\All` and `\Sent` stand for the folders of that special use."""
    named = dict.fromkeys(map(_folder, folders))
    if not named:
        raise BadInput("folder", "", "at least one folder, such as INBOX")
    return tuple(named)


def check_labels(labels: Sequence[str], folders: Sequence[str]) -> tuple[str, ...]:
    r"""Return the labels of which a message of `\All` needs one; `BadInput` when that folder is not read."""
    if labels and ALL_MAIL not in folders:
        raise BadInput("label", labels[0], rf"a condition on the folder {ALL_MAIL}; name that folder, too")
    return tuple(dict.fromkeys(check_name("label", label) for label in labels))


def _folder(text: str) -> str:
    name = check_name("folder", text)
    known = {folder.casefold(): folder for folder in ("INBOX", ALL_MAIL, SENT)}
    if name.startswith("\\") and name.casefold() not in known:
        raise BadInput("folder", text, rf"the name of a folder, or {ALL_MAIL} or {SENT}")
    return known.get(name.casefold(), name)
