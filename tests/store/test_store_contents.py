"""How the bytes of emails lie in both databases: compressed, and what is large in them once."""

import base64
import random
import threading
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from gmailsync.model.email import EmailId, Headers
from gmailsync.store.contents import Contents
from gmailsync.store.packing import Packing
from gmailsync.store.tables import blobs, email_blobs, email_content


def file_of(size, seed=1):
    """Return bytes that nothing makes shorter."""
    return random.Random(seed).randbytes(size)  # noqa: S311 - the same file at each run


def with_files(*files, line=76, subject="offer"):
    """Make a message with these files as its attachments."""
    parts = [f"Subject: {subject}\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n".encode()]
    for file in files:
        letters = base64.b64encode(file)
        lines = b"\r\n".join(letters[at : at + line] for at in range(0, len(letters), line))
        parts.append(b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n" + lines)
    return b"\r\n--b\r\n".join(parts) + b"\r\n--b--\r\n"


@pytest.fixture
def add(database, incoming):
    """Return a function that stores one more incoming email of a mailbox."""
    numbers = iter(range(1, 1_000))

    def store(mailbox, raw):
        with database.begin() as tx:
            return tx.emails.add_incoming([incoming(mailbox.id, next(numbers), raw)])[0]

    return store


@pytest.fixture
def held(database):
    """Return a function that tells the size of each blob that is kept."""

    def sizes():
        with database._engine.begin() as connection:
            return sorted(connection.scalars(select(blobs.c.size)))

    return sizes


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    batch=st.lists(
        st.binary(max_size=100)
        | st.binary(max_size=20).map(lambda octets: octets * 5_000)
        | st.lists(st.integers(0, 3), max_size=4).map(
            lambda sizes: with_files(*(file_of(6_000 + size) for size in sizes))
        ),
        max_size=6,
    )
)
def test_every_message_comes_back_exact(database, another_mailbox, incoming, batch):
    """Any bytes, many in one transaction, with files that are the same in one and in several of them."""
    mailbox = another_mailbox()
    new = [incoming(mailbox.id, number, raw) for number, raw in enumerate(batch)]

    with database.begin() as tx:
        numbers = tx.emails.add_incoming(new)
    with database.begin() as tx:
        stored = [tx.emails.raw(number) for number in numbers]

    assert stored == batch


def test_the_same_file_in_three_emails_of_two_mailboxes_is_kept_once(database, another_mailbox, add, held):
    """Whatever else is in the emails, and in whatever lines the file was written; it goes with the last of them."""
    alice, bob = another_mailbox(), another_mailbox()
    offer, only_hers = file_of(9_000), file_of(7_000, seed=2)
    messages = [with_files(offer), with_files(only_hers, offer, line=64), with_files(offer, subject="Re: offer")]

    stored = [add(owner, raw) for owner, raw in zip((alice, alice, bob), messages, strict=True)]

    with database.begin() as tx:
        assert [tx.emails.raw(number) for number in stored] == messages
    assert held() == [7_000, 9_000]
    with database.begin() as tx:
        tx.mailboxes.remove(alice.id)
    assert held() == [9_000]
    with database.begin() as tx:
        assert tx.emails.raw(stored[2]) == messages[2]
        tx.mailboxes.remove(bob.id)
    assert held() == []


def test_a_removal_that_is_taken_back_removes_nothing(database, mailbox, add, held):
    """Blobs go in the transaction in which their emails go."""
    message = with_files(file_of(9_000))
    number = add(mailbox, message)

    def remove_and_break():
        with database.begin() as tx:
            tx.mailboxes.remove(mailbox.id)
            raise KeyError

    with pytest.raises(KeyError):
        remove_and_break()

    with database.begin() as tx:
        assert tx.emails.raw(number) == message
    assert held() == [9_000]


def test_an_outgoing_email_shares_what_came_in(database, mailbox, outgoing, add, held):
    """What is forwarded is not kept again."""
    message = with_files(file_of(9_000))
    add(mailbox, message)

    with database.begin() as tx:
        number = tx.emails.add_outgoing(replace(outgoing(mailbox.id), raw=message), "alice@contoso.com", [])
        raw = tx.emails.raw(number)

    assert raw == message
    assert held() == [9_000]


def test_text_is_compressed_and_what_is_compressed_already_is_not(database, mailbox, add):
    """Each row says which it is."""
    add(mailbox, with_files(file_of(9_000), b"text " * 2_000))

    with database._engine.begin() as connection:
        bones = connection.execute(select(email_content.c.packing, func.length(email_content.c.skeleton))).one()
        packings = dict(connection.execute(select(blobs.c.size, blobs.c.packing)).all())

    assert bones.packing is Packing.ZSTD
    assert bones[1] < len(with_files(b"", b""))
    assert packings == {9_000: Packing.PLAIN, 10_000: Packing.ZSTD}


def test_the_database_itself_refuses_to_lose_a_blob_in_use(database, mailbox, add):
    """By a foreign key, whoever tries."""
    add(mailbox, with_files(file_of(9_000)))

    with database._engine.begin() as connection:
        contents = Contents(connection)
        contents.remove_unused(connection.scalars(select(blobs.c.id)).all())

        assert connection.scalar(select(func.count()).select_from(email_blobs)) == 1
        assert connection.scalar(select(func.count()).select_from(blobs)) == 1


def test_a_file_that_comes_while_its_last_email_goes_is_kept(database, another_mailbox, incoming, add, held):
    """The one who removes waits for the one who stores, and then leaves what is in use."""
    alice, bob = another_mailbox(), another_mailbox()
    message = with_files(file_of(9_000))
    add(alice, message)

    def remove():
        with database.begin() as tx:
            tx.mailboxes.remove(alice.id)

    removal = threading.Thread(target=remove)
    with database.begin() as tx:
        [number] = tx.emails.add_incoming([incoming(bob.id, 1, message)])
        removal.start()
        removal.join(0.3)
        waits = removal.is_alive()
    removal.join()

    with database.begin() as tx:
        assert tx.emails.raw(number) == message
    assert waits
    assert held() == [9_000]


def test_a_file_that_goes_while_it_comes_again_is_stored_again(database, another_mailbox, incoming, add, held):
    """The one who stores waits for the one who removes, and finds that it is gone."""
    alice, bob = another_mailbox(), another_mailbox()
    message = with_files(file_of(9_000))
    add(alice, message)
    numbers: list[EmailId | None] = []

    def store():
        with database.begin() as tx:
            numbers.extend(tx.emails.add_incoming([incoming(bob.id, 1, message)]))

    storing = threading.Thread(target=store)
    with database.begin() as tx:
        tx.mailboxes.remove(alice.id)
        storing.start()
        storing.join(0.3)
        waits = storing.is_alive()
    storing.join()

    with database.begin() as tx:
        assert tx.emails.raw(numbers[0]) == message
    assert waits
    assert held() == [9_000]


def test_two_who_store_the_same_file_at_once_keep_it_once(database, another_mailbox, incoming, held):
    """The second one waits for the first, and refers to what it stored."""
    alice, bob = another_mailbox(), another_mailbox()
    first, second = with_files(file_of(9_000), file_of(9_001)), with_files(file_of(9_001), file_of(9_000))

    def store():
        with database.begin() as tx:
            tx.emails.add_incoming([incoming(bob.id, 1, second)])

    other = threading.Thread(target=store)
    with database.begin() as tx:
        tx.emails.add_incoming([incoming(alice.id, 1, first)])
        other.start()
        other.join(0.3)
    other.join()

    assert held() == [9_000, 9_001]


def test_other_bytes_take_the_place_of_damaged_ones(database, mailbox, incoming, add, held):
    """With all that is read from them, and without what only the former ones referred to; the number stays."""
    shared, own, whole = file_of(6_000), file_of(7_000, seed=2), file_of(8_000, seed=3)
    number = add(mailbox, with_files(shared, own))
    add(mailbox, with_files(shared))
    raw = with_files(whole, subject="whole")
    email = replace(
        incoming(mailbox.id, 1, raw), headers=Headers("<whole@x.example>", subject="whole"), sha256="a1" * 32
    )

    with database.begin() as tx:
        tx.emails.replace(number, email)

    with database.begin() as tx:
        assert tx.emails.raw(number) == raw
        stored = tx.emails.get(number)
    assert (stored.size, stored.sha256, stored.headers) == (len(raw), email.sha256, email.headers)
    assert held() == [6_000, 8_000]
