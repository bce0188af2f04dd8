"""Setup files as tests write them."""

from __future__ import annotations

from textwrap import dedent

import pytest

from gmailsync import setupfile
from gmailsync.errors import BadSetupFile
from gmailsync.model.setup import Setup

ENVIRONMENT = "https://contoso.crm.dynamics.com"


def parse(text: str) -> Setup:
    """Parse a setup written in a test."""
    return setupfile.parse(dedent(text).encode(), "setup.yaml")


def refusal(text: str) -> str:
    """Return the message with which a setup written in a test is refused."""
    with pytest.raises(BadSetupFile) as caught:
        parse(text)
    return caught.value.message
