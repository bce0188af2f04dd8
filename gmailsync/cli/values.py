"""Numbers, dates and names as people give them; a complaint names the field, the value and what is allowed."""

from __future__ import annotations

import getpass
from collections.abc import Callable

from gmailsync.errors import BadInput
from gmailsync.model.startdate import Start, read_start_date

LARGEST_ID = 2**63 - 1
"""What the databases can count up to."""


def whole_number(field: str, lowest: int, highest: int) -> Callable[[str], int]:
    """Return a parser of whole numbers in this range, which raises `BadInput`."""

    def parse(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = lowest - 1
        if not lowest <= number <= highest:
            raise BadInput(field, text, f"a whole number from {lowest} to {highest}")
        return number

    return parse


identifier = whole_number("id", 1, LARGEST_ID)
port = whole_number("port", 1, 65535)
attachment = whole_number("attachment", 1, LARGEST_ID)
seed = whole_number("seed", 0, LARGEST_ID)
minutes = whole_number("every", 1, 24 * 60)
seconds = whole_number("timeout", 0, 24 * 60 * 60)


def account() -> str:
    """Return the name of the account that runs the command. Raises `BadInput` where it has none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError) as error:  # until Python 3.13 what the password database raises
        raise BadInput("by", "", "this account has no name; say who you are") from error


def start_date(text: str) -> Start:
    """Read a day, which begins in UTC, or a moment with its zone; `none` is the beginning. Raises `BadInput`."""
    try:
        return Start(read_start_date(text))
    except ValueError as error:
        raise BadInput("start date", text, str(error)) from error
