r"""Folders and their names in an account in classic mode, as Dovecot's imaptest looks at them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from classic import fill, names

from fakes.accounts import Account
from fakes.imap.session import ImapSession

Talk = Callable[..., None]
Said = Callable[..., str]


def test_there_is_only_inbox_to_begin_with(enter_classic: Callable[..., ImapSession], talk: Talk) -> None:
    """No [Gmail], no subscription; a name may have had its delimiter put behind it."""
    talk(
        enter_classic(),
        r"""
        C: a LIST "" *
        S: * LIST (\HasNoChildren) "/" "INBOX"
        S: a OK Success
        C: b CREATE Sent/
        S: b OK Success
        C: c CREATE Sent
        S: c NO [ALREADYEXISTS] Duplicate folder name Sent (Failure)
        C: c CREATE "a&AAo-b"
        S: c NO [CANNOT] Folder name is not allowed: a&AAo-b (Failure)
        C: d CREATE a//b
        S: d NO [CANNOT] Folder name is not allowed: a//b (Failure)
        C: e CREATE " any  name^"
        S: e OK Success
        C: f DELETE INBOX
        S: f NO [CANNOT] Folder name is not allowed: INBOX (Failure)
        C: g LIST "" ""
        S: * LIST (\Noselect) "/" ""
        S: g OK Success
        """,
    )


def test_folders_are_listed_by_level(enter_classic: Callable[..., ImapSession], classic: Account, said: Said) -> None:
    """`%` stops at a level and `*` does not (imaptest: list)."""
    session = enter_classic()
    for name in ("m/", "m/test", "m/test2", "m/test3/", "m/test3/test4/", "m/test3/test4/test5"):
        session.receive(f"c CREATE {name}\r\n".encode())

    def listed(arguments: str) -> list[str]:
        answer = said(session.receive(f"a LIST {arguments}\r\n".encode()))
        return [line.split('"/" ')[1].strip('"') for line in answer.splitlines()[:-1]]

    assert listed('"" m/%') == ["m/test", "m/test2", "m/test3"]
    assert listed('"" m/%/%') == ["m/test3/test4"]
    assert listed("m/ *") == ["m/test", "m/test2", "m/test3", "m/test3/test4", "m/test3/test4/test5"]
    assert listed('"" m/*test4') == ["m/test3/test4"]
    assert listed('"" m/%3/%4') == ["m/test3/test4"]
    assert listed('"" m/%t*4') == ["m/test3/test4"]
    session.receive(b"d DELETE m/test2\r\n")
    assert listed('"" m/%') == ["m/test", "m/test3"]
    assert listed('"" inbox') == ["INBOX"]


def test_lists_take_options(enter_classic: Callable[..., ImapSession], talk: Talk) -> None:
    """Subscriptions outlive folders, children tell of themselves (imaptest: listext)."""
    session = enter_classic()
    for name in ("m/test1", "m/test2", "m/test2/test1", "m/test3", "m/test4/test5", "m/test6", "m/test7/test7"):
        session.receive(f"c CREATE {name}\r\n".encode())
    for name in ("m/test1", "m/test2/test1", "m/test6", "m/test7/test7"):
        session.receive(f"c SUBSCRIBE {name}\r\n".encode())
    session.receive(b"d DELETE m/test6\r\n")

    talk(
        session,
        r"""
        C: a LIST "" (m/*2 m/test3)
        S: * LIST (\HasChildren) "/" "m/test2"
        S: * LIST (\HasNoChildren) "/" "m/test3"
        S: a OK Success
        C: b LIST (SUBSCRIBED) "" m/*
        S: * LIST (\HasNoChildren \Subscribed) "/" "m/test1"
        S: * LIST (\HasNoChildren \Subscribed) "/" "m/test2/test1"
        S: * LIST (\HasNoChildren \NonExistent \Subscribed) "/" "m/test6"
        S: * LIST (\HasNoChildren \Subscribed) "/" "m/test7/test7"
        S: b OK Success
        C: c LIST (SUBSCRIBED RECURSIVEMATCH) "" m/test2% RETURN (CHILDREN)
        S: * LIST (\HasChildren) "/" "m/test2" ("CHILDINFO" ("SUBSCRIBED"))
        S: c OK Success
        C: d LIST "" m/% RETURN (CHILDREN SUBSCRIBED)
        S: * LIST (\HasNoChildren \Subscribed) "/" "m/test1"
        S: * LIST (\HasChildren) "/" "m/test2"
        S: * LIST (\HasNoChildren) "/" "m/test3"
        S: * LIST (\HasChildren \NonExistent) "/" "m/test4"
        S: * LIST (\HasChildren \NonExistent) "/" "m/test7"
        S: d OK Success
        C: e LIST (SUBSCRIBED RECURSIVEMATCH) "" m*test7
        S: * LIST (\HasNoChildren \Subscribed) "/" "m/test7/test7"
        S: e OK Success
        C: f LIST (SUBSCRIBED RECURSIVEMATCH) "" (m/test2 m/test2/test1)
        S: * LIST (\HasNoChildren \Subscribed) "/" "m/test2/test1"
        S: f OK Success
        """,
    )


def test_subscriptions_are_of_names(enter_classic: Callable[..., ImapSession], talk: Talk) -> None:
    """A level under which something is subscribed to shows as one that cannot be selected (imaptest: subscribe)."""
    one, two = enter_classic(), enter_classic()
    for name in ("m/test", "m/test2", "m/test2/test", "m/test3/test3"):
        one.receive(f"c CREATE {name}\r\n".encode())
    for name in ("m/test", "m/test2/test", "m/test3/test3", "inbox"):
        one.receive(f"c SUBSCRIBE {name}\r\n".encode())

    talk(
        two,
        r"""
        C: a LSUB "" m/%
        S: * LSUB (\HasNoChildren) "/" "m/test"
        S: * LSUB (\HasChildren \Noselect) "/" "m/test2"
        S: * LSUB (\HasChildren \Noselect) "/" "m/test3"
        S: a OK Success
        C: h LSUB "" m/*
        S: * LSUB (\HasNoChildren) "/" "m/test"
        S: * LSUB (\HasNoChildren) "/" "m/test2/test"
        S: * LSUB (\HasNoChildren) "/" "m/test3/test3"
        S: h OK Success
        C: b LSUB "" *test
        S: * LSUB (\HasNoChildren) "/" "m/test"
        S: * LSUB (\HasNoChildren) "/" "m/test2/test"
        S: b OK Success
        C: c UNSUBSCRIBE m/test
        S: c OK Success
        C: d UNSUBSCRIBE m/test2/test
        S: d OK Success
        C: e LSUB "" m/%
        S: * LSUB (\HasChildren \Noselect) "/" "m/test3"
        S: e OK Success
        C: f UNSUBSCRIBE m/test3/test3
        S: f OK Success
        C: g LSUB "" *
        S: * LSUB (\HasNoChildren) "/" "INBOX"
        S: g OK Success
        """,
    )


def test_a_name_made_again_is_another_folder(enter_classic: Callable[..., ImapSession], talk: Talk) -> None:
    """By DELETE and CREATE, or by RENAME, the UIDVALIDITY differs (imaptest: uidvalidity, uidvalidity-rename)."""
    talk(
        enter_classic(),
        """
        C: a CREATE one
        S: a OK Success
        C: b CREATE two
        S: b OK Success
        C: c RENAME one three
        S: c OK Success
        C: d RENAME two one
        S: d OK Success
        C: e STATUS one (UIDVALIDITY)
        S: * STATUS "one" (UIDVALIDITY 13)
        S: e OK Success
        C: f DELETE one
        S: f OK Success
        C: g CREATE one
        S: g OK Success
        C: h STATUS one (UIDVALIDITY)
        S: * STATUS "one" (UIDVALIDITY 14)
        S: h OK Success
        C: i RENAME one three
        S: i NO [ALREADYEXISTS] Duplicate folder name three (Failure)
        """,
    )


def test_a_renamed_inbox_gives_its_messages_away(
    enter_classic: Callable[..., ImapSession], classic: Account, talk: Talk
) -> None:
    """And stays, with what lies under it (RFC 3501 section 6.3.5)."""
    fill(classic, 2)
    session = enter_classic("INBOX")
    session.receive(b"c CREATE INBOX/Sub\r\n")

    talk(
        session,
        """
        C: a RENAME inbox Old/Mail
        S: * 1 EXPUNGE
        S: * 1 EXPUNGE
        S: * 0 EXISTS
        S: a OK Success
        C: b STATUS Old/Mail (MESSAGES)
        S: * STATUS "Old/Mail" (MESSAGES 2)
        S: b OK Success
        C: c RENAME INBOX Old/Mail
        S: c NO [ALREADYEXISTS] Duplicate folder name Old/Mail (Failure)
        """,
    )

    assert names(classic) == ["INBOX", "INBOX/Sub", "Old/Mail"]


def test_a_deleted_folder_takes_its_messages_along(
    enter_classic: Callable[..., ImapSession], classic: Account, talk: Talk
) -> None:
    """Those under it stay, and its name is a level then."""
    session = enter_classic()
    session.receive(b"a CREATE one\r\nb CREATE one/two\r\nc APPEND one {1+}\r\nx\r\nd APPEND one/two {1+}\r\ny\r\n")

    talk(
        session,
        r"""
        C: e DELETE one
        S: e OK Success
        C: f LIST "" one*
        S: * LIST (\HasChildren \Noselect) "/" "one"
        S: * LIST (\HasNoChildren) "/" "one/two"
        S: f OK Success
        C: g DELETE one
        S: g NO [NONEXISTENT] Unknown Mailbox: one (Failure)
        C: h SELECT one
        S: h NO [NONEXISTENT] Unknown Mailbox: one (Failure)
        """,
    )

    assert [message.raw for message in classic.mail.messages()] == [b"y"]


@pytest.mark.parametrize("name", ["~foo", "!#$&'+,-.0123456789:;<=>?@^_`|[}"])
def test_odd_atoms_are_names(enter_classic: Callable[..., ImapSession], said: Said, name: str) -> None:
    """Of folders that do not exist (imaptest: atoms)."""
    session = enter_classic()

    assert said(session.receive(f'a LIST "" {name}%*\r\n'.encode())) == "a OK Success\r\n"
    assert said(session.receive(f"a SELECT {name}\r\n".encode())).startswith("a NO ")
