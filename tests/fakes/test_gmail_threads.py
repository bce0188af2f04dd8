from __future__ import annotations

import pytest

from fakes.clock import VirtualClock
from fakes.gmail.mail import MailStore
from fakes.ids import Ids


@pytest.fixture
def mail() -> MailStore:
    """Return an empty mailbox."""
    return MailStore(VirtualClock(), Ids())


def add(mail: MailStore, *fields: str) -> tuple[int, int]:
    """Add a message with these header fields; return its id and its thread's."""
    message = mail.add("\r\n".join([*fields, "", ""]).encode(), labels=["\\Inbox"])
    return message.gm_msgid, message.gm_thrid


def test_a_first_message_begins_a_thread_of_its_own(mail: MailStore) -> None:
    """The thread's id is the id of its first message."""
    gm_msgid, gm_thrid = add(mail, "Message-ID: <1@x>", "Subject: hello")

    assert gm_thrid == gm_msgid


@pytest.mark.parametrize("field", ["In-Reply-To: <1@x>", "References: <0@x>\r\n <1@x>"])
def test_a_reply_joins_what_it_refers_to(mail: MailStore, field: str) -> None:
    """By In-Reply-To or References, folded or not, whatever the subject."""
    _, thread = add(mail, "Message-ID: <1@x>", "Subject: hello")

    assert add(mail, "Message-ID: <2@x>", "Subject: something else", field)[1] == thread


def test_a_message_that_was_overtaken_joins_its_reply(mail: MailStore) -> None:
    """The answer arrived first and named what it answers."""
    reply, thread = add(mail, "Message-ID: <2@x>", "In-Reply-To: <1@x>", "Subject: Re: hello")

    assert add(mail, "Message-ID: <1@x>", "Subject: hello")[1] == thread == reply


@pytest.mark.parametrize(
    "subject",
    ["Re: Hello", "RE: FW: hello", "AW: Re[2]: hello", "返信: hello", "Re：hello", "=?utf-8?B?UmU6IGhlbGxv?="],
)
def test_a_reply_without_references_joins_by_its_subject(mail: MailStore, subject: str) -> None:
    """Prefixes of replies in several languages, full-width colons and encoded words."""
    _, thread = add(mail, "Subject: hello")

    assert add(mail, f"Subject: {subject}")[1] == thread


@pytest.mark.parametrize("subject", ["hello", "Re: other", "Re:", "Regarding: hello"])
def test_the_same_subject_alone_is_no_thread(mail: MailStore, subject: str) -> None:
    """Only a reply joins by its subject, and only by one that it has."""
    _, thread = add(mail, "Subject: hello")

    assert add(mail, f"Subject: {subject}")[1] != thread


def test_threads_stay_within_an_account() -> None:
    """Another account's mail has threads of its own."""
    clock, ids = VirtualClock(), Ids()
    mail, other = MailStore(clock, ids), MailStore(clock, ids)
    _, thread = add(other, "Message-ID: <1@x>", "Subject: hello")

    assert add(mail, "Subject: Re: hello", "In-Reply-To: <1@x>")[1] != thread
