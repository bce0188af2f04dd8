"""Fixtures and marks for every test."""

from __future__ import annotations

import os
import shutil

import pytest
from hypothesis import settings

REQUIRE_PACKAGES = "GMAILSYNC_REQUIRE_PACKAGES"
"""Set in CI: a missing system package then fails the test instead of skipping it."""

PROGRAMS = {"curl": "curl"}
"""Debian package -> the program that shows it is there."""

settings.register_profile("default", deadline=None, print_blob=True)
settings.load_profile("default")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip, or in CI fail, a test whose system package is missing."""
    for mark in item.iter_markers("needs_package"):
        package = mark.args[0]
        if shutil.which(PROGRAMS[package]):
            continue
        reason = f"needs the system package {package} (Debian: apt-get install {package})"
        if os.environ.get(REQUIRE_PACKAGES):
            pytest.fail(reason)
        pytest.skip(reason)
