"""CREATE, DELETE, RENAME and subscriptions, and the ways to list that came after RFC 3501 (google.md 3.5, 3.9)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fakes.accounts import Account
from fakes.imap.session import ImapSession
from fakes.world import World

Talk = Callable[..., None]
RAW = b"Subject: x\r\n\r\n"


def test_a_folder_is_made_once(imap: ImapSession, alice: Account, talk: Talk) -> None:
    """Names in modified UTF-7; those that a name lies under need not exist."""
    talk(
        imap,
        r"""
        C: a CREATE Clients/Contoso
        S: a OK Success
        C: b CREATE Clients/Contoso
        S: b NO [ALREADYEXISTS] Duplicate folder name Clients/Contoso (Failure)
        C: c CREATE "&TtVOiw-"
        S: c OK Success
        C: d CREATE "&TtVOiw-"
        S: d NO [ALREADYEXISTS] Duplicate folder name &TtVOiw- (Failure)
        C: e CREATE Inbox
        S: e NO [ALREADYEXISTS] Duplicate folder name Inbox (Failure)
        C: f CREATE Clients
        S: f OK Success
        C: g LIST "" Cl*
        S: * LIST (\HasChildren) "/" "Clients"
        S: * LIST (\HasNoChildren) "/" "Clients/Contoso"
        S: g OK Success
        """,
    )

    assert alice.mail.folder("仕事") is not None


@pytest.mark.parametrize(
    "name", ["Work/", "a//b", "/a", "[Gmail]", "[gmail]/x", "[Google Mail]/x", "x" * 226, "&x", "a&AAo-b"]
)
def test_some_names_are_not_allowed(imap: ImapSession, talk: Talk, name: str) -> None:
    """A level without a name, what Gmail keeps for itself, names that are too long or no modified UTF-7."""
    talk(
        imap,
        f"""
        C: a CREATE "{name}"
        S: a NO [CANNOT] Folder name is not allowed: {name} (Failure)
        """,
    )


def test_a_deleted_label_leaves_its_messages(
    imap: ImapSession, alice: Account, world: World, open_imap: Callable[[World], ImapSession], talk: Talk
) -> None:
    """They stay in All Mail; who looks at the folder sees them go. Made again, it has another UIDVALIDITY."""
    message = alice.mail.add(RAW, labels=["\\Inbox", "Work", "Work/Old"])
    other = open_imap(world)
    other.receive(b"s SELECT Work\r\n")

    talk(
        imap,
        r"""
        C: a DELETE Work
        S: a OK Success
        C: b LIST "" Work*
        S: * LIST (\HasChildren \Noselect) "/" "Work"
        S: * LIST (\HasNoChildren) "/" "Work/Old"
        S: b OK Success
        C: c DELETE Work
        S: c NO [NONEXISTENT] Unknown Mailbox: Work (Failure)
        C: d CREATE Work
        S: d OK Success
        C: e STATUS Work (MESSAGES UIDVALIDITY)
        S: * STATUS "Work" (MESSAGES 0 UIDVALIDITY 14)
        S: e OK Success
        """,
    )
    talk(
        other,
        """
        C: a NOOP
        S: * 1 EXPUNGE
        S: * 0 EXISTS
        S: a OK Success
        """,
    )

    assert alice.mail.message(message.gm_msgid).labels == {"\\Inbox", "Work/Old"}


def test_a_rename_takes_along_what_lies_under_it(imap: ImapSession, alice: Account, talk: Talk) -> None:
    """UIDs and UIDVALIDITY stay; so do messages in Trash that have the label, for when they come back."""
    kept = alice.mail.add(RAW, labels=["Work"])
    thrown = alice.mail.add(RAW, labels=["Work/Old"])
    alice.mail.add_labels(thrown.gm_msgid, ["\\Trash"])

    talk(
        imap,
        r"""
        C: a RENAME Work Done/Work
        S: a OK Success
        C: b LIST "" (Work* Done*)
        S: * LIST (\HasChildren \NonExistent) "/" "Done"
        S: * LIST (\HasChildren) "/" "Done/Work"
        S: * LIST (\HasNoChildren) "/" "Done/Work/Old"
        S: b OK Success
        C: c STATUS Done/Work (MESSAGES UIDNEXT UIDVALIDITY)
        S: * STATUS "Done/Work" (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 12)
        S: c OK Success
        C: d RENAME Done Done/Done
        S: d OK Success
        C: e LSUB "" Done/Done/Work/*
        S: * LSUB (\HasNoChildren) "/" "Done/Done/Work/Old"
        S: e OK Success
        """,
    )

    assert alice.mail.message(kept.gm_msgid).labels == {"Done/Done/Work"}
    assert alice.mail.message(thrown.gm_msgid).labels == {"Done/Done/Work/Old", "\\Trash"}


def test_a_folder_can_be_renamed_into_itself(imap: ImapSession, alice: Account, talk: Talk) -> None:
    """Then one of those under it has a name that another had until now."""
    one = alice.mail.add(RAW, labels=["a/t"])
    other = alice.mail.add(RAW, labels=["a/s/t"])

    talk(
        imap,
        r"""
        C: a RENAME a a/s
        S: a OK Success
        C: b LIST "" a/*t
        S: * LIST (\HasNoChildren) "/" "a/s/s/t"
        S: * LIST (\HasNoChildren) "/" "a/s/t"
        S: b OK Success
        """,
    )
    labels = [alice.mail.message(message.gm_msgid).labels for message in (one, other)]
    emptied = [alice.mail.remove_labels(one.gm_msgid, ["a/s/t"]), alice.mail.remove_labels(other.gm_msgid, ["a/s/s/t"])]

    assert labels == [{"a/s/t"}, {"a/s/s/t"}]
    assert [message.labels for message in emptied] == [frozenset(), frozenset()]


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("DELETE INBOX", "[CANNOT] Folder name is not allowed: INBOX"),
        ("DELETE [Gmail]", "[CANNOT] Folder name is not allowed: [Gmail]"),
        ('DELETE "[Gmail]/All Mail"', "[CANNOT] Folder name is not allowed: [Gmail]/All Mail"),
        ("RENAME [Gmail]/Trash Bin", "[CANNOT] Folder name is not allowed: [Gmail]/Trash"),
        ("RENAME inbox Old", "[CANNOT] Folder name is not allowed: inbox"),
        ("RENAME Work [Gmail]/Work", "[CANNOT] Folder name is not allowed: [Gmail]/Work"),
        ("RENAME Work &x", "[CANNOT] Folder name is not allowed: &x"),
        ('RENAME Work "Work "', "[CANNOT] Folder contains excess whitespace"),
        ("RENAME Work Home", "[ALREADYEXISTS] Duplicate folder name Home"),
        ("RENAME A Home", "[ALREADYEXISTS] Duplicate folder name Home"),
        ("RENAME A C", "[ALREADYEXISTS] Duplicate folder name C/B"),
        ("RENAME Nothing Something", "[NONEXISTENT] Unknown Mailbox: Nothing"),
        ("SUBSCRIBE Nothing", "[NONEXISTENT] Unknown Mailbox: Nothing"),
    ],
)
def test_what_is_refused_changes_nothing(
    imap: ImapSession, alice: Account, talk: Talk, command: str, answer: str
) -> None:
    """Gmail's own folders stay, and no name is taken from another folder."""
    for name in ("Work", "Home", "A/B", "C/B"):
        alice.mail.create_label(name)
    before = [folder.name for folder in alice.mail.folders]

    talk(
        imap,
        f"""
        C: a {command}
        S: a NO {answer} (Failure)
        """,
    )

    assert [folder.name for folder in alice.mail.folders] == before


def test_subscriptions_are_the_owners(imap: ImapSession, alice: Account, talk: Talk) -> None:
    """Every label begins with one; a level without one shows where others lie under it."""
    alice.mail.create_label("Work")
    alice.mail.create_label("Work/Old")

    talk(
        imap,
        r"""
        C: a UNSUBSCRIBE Work
        S: a OK Success
        C: b LSUB "" Work%
        S: * LSUB (\HasChildren \Noselect) "/" "Work"
        S: b OK Success
        C: c LIST (SUBSCRIBED) "" "Work*"
        S: * LIST (\HasNoChildren \Subscribed) "/" "Work/Old"
        S: c OK Success
        C: d UNSUBSCRIBE Work/Old
        S: d OK Success
        C: e LSUB "" "Work*"
        S: e OK Success
        C: f SUBSCRIBE Work
        S: f OK Success
        C: g LIST "" Work* RETURN (SUBSCRIBED CHILDREN)
        S: * LIST (\HasChildren \Subscribed) "/" "Work"
        S: * LIST (\HasNoChildren) "/" "Work/Old"
        S: g OK Success
        """,
    )


def test_lists_are_selected_by_use_and_told_with_figures(imap: ImapSession, world: World, talk: Talk) -> None:
    """SPECIAL-USE (RFC 6154) and STATUS (RFC 5819), which follows each folder that can be selected."""
    world.deliver("alice@contoso.com", RAW)

    talk(
        imap,
        r"""
        C: a LIST (SPECIAL-USE) "" *
        S: * LIST (\All \HasNoChildren) "/" "[Gmail]/All Mail"
        S: * LIST (\Drafts \HasNoChildren) "/" "[Gmail]/Drafts"
        S: * LIST (\HasNoChildren \Important) "/" "[Gmail]/Important"
        S: * LIST (\HasNoChildren \Sent) "/" "[Gmail]/Sent Mail"
        S: * LIST (\HasNoChildren \Junk) "/" "[Gmail]/Spam"
        S: * LIST (\Flagged \HasNoChildren) "/" "[Gmail]/Starred"
        S: * LIST (\HasNoChildren \Trash) "/" "[Gmail]/Trash"
        S: a OK Success
        C: b LIST "" % RETURN (STATUS (UNSEEN MESSAGES) SPECIAL-USE)
        S: * LIST (\HasNoChildren) "/" "INBOX"
        S: * STATUS "INBOX" (MESSAGES 1 UNSEEN 1)
        S: * LIST (\HasChildren \NonExistent) "/" "[Gmail]"
        S: b OK Success
        C: c LIST (SPECIAL-USE RECURSIVEMATCH) "" %
        S: * LIST (\HasChildren \NonExistent) "/" "[Gmail]" ("CHILDINFO" ("SPECIAL-USE"))
        S: c OK Success
        C: d LIST () "" (INBOX [Gmail]/T%) RETURN ()
        S: * LIST (\HasNoChildren) "/" "INBOX"
        S: * LIST (\HasNoChildren \Trash) "/" "[Gmail]/Trash"
        S: d OK Success
        C: e LIST (REMOTE) "" INBOX
        S: * LIST (\HasNoChildren) "/" "INBOX"
        S: e OK Success
        """,
    )


@pytest.mark.parametrize(
    "command",
    [
        '(RECURSIVEMATCH) "" *',
        '(RECURSIVEMATCH REMOTE) "" *',
        '(NONSENSE) "" *',
        '"" * RETURN (NONSENSE)',
        '"" * RETURN (STATUS (NONSENSE))',
        '"" * RETURN',
        '"" * NONSENSE',
        '"" ()',
    ],
)
def test_options_that_do_not_exist_are_refused(imap: ImapSession, world: World, talk: Talk, command: str) -> None:
    """RFC 5258 section 3: BAD; RECURSIVEMATCH alone matches nothing."""
    talk(
        imap,
        f"""
        C: a LIST {command}
        S: a BAD Could not parse command
        """,
    )

    assert world.unimitated == []
