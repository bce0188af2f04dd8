"""Runbooks before they run: what there is, and what may be set."""

from __future__ import annotations

import json

import pytest

from gmailsync import runbook
from gmailsync.errors import BadInput, NotFound
from gmailsync.runbook import Parameter

PARAMETERS = [Parameter("setup", "contoso", ""), Parameter("messages", 40, ""), Parameter("quick", False, "")]


def test_runbooks_are_listed_with_what_they_are_for():
    """The first heading and the paragraph below it say what a runbook does."""
    found = {book.name: book for book in runbook.list_runbooks()}

    assert found["setup_to_sync"].title == "From set-up to sync"
    assert found["setup_to_sync"].purpose.startswith("Plays a setup through the seven steps")


def test_an_unknown_name_is_refused_with_those_there_are():
    """A mistyped name is bad input."""
    with pytest.raises(NotFound, match=r"one of: .*setup_to_sync"):
        runbook.find("setup_to_snyc")


def test_parameters_are_shown_with_default_and_comment():
    """They come from the notebook's parameters cell; the output is the runner's own."""
    pytest.importorskip("papermill", reason="needs the extra runbooks")

    shown = {parameter.name: parameter for parameter in runbook.parameters(runbook.find("setup_to_sync"))}

    assert list(shown) == ["setup", "protocol", "mail", "messages", "language"]
    assert shown["messages"] == Parameter("messages", 40, "how many messages are made up")
    assert all(parameter.help for parameter in shown.values())


def test_texts_become_the_type_of_the_default():
    """On a command line everything is text."""
    given = {"setup": "my.yaml", "messages": "12", "quick": "on"}

    assert runbook.checked(given, PARAMETERS) == {"setup": "my.yaml", "messages": 12, "quick": True}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"mesages": "1"}, "parameter: 'mesages': one of: setup, messages, quick"),
        ({"output": "x"}, "parameter: 'output': one of: setup, messages, quick"),
        ({"messages": "many"}, "parameter messages: 'many': a whole number"),
        ({"quick": "maybe"}, "parameter quick: 'maybe': on or off"),
    ],
)
def test_what_cannot_be_set_is_refused(given, message):
    """The parameter, its value and what is allowed are named."""
    with pytest.raises(BadInput) as caught:
        runbook.checked(given, PARAMETERS)

    assert caught.value.message == message


def test_a_notebook_without_a_heading_is_listed_by_its_name(tmp_path, monkeypatch):
    """Somebody's own notebook need not follow the form to be listed."""
    (tmp_path / "mine.ipynb").write_text(json.dumps({"cells": [{"cell_type": "code", "source": ["1"]}]}))
    monkeypatch.setattr(runbook, "notebooks", lambda: tmp_path)

    assert [(book.name, book.title, book.purpose) for book in runbook.list_runbooks()] == [("mine", "mine", "")]
