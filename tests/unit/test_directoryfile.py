"""The directory as a CSV file."""

import pytest

from gmailsync.directoryfile import DirectoryFile
from gmailsync.errors import BadInput
from gmailsync.flows.directory import Imported, import_directory
from gmailsync.model.directory import NewRecord, RecordKind

HEAD = "kind,key,name,addresses,active,owner,parent\n"
QUEUED = "kind,key,name,default_queue\n"


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a file and gives the directory in it."""

    def make(text: str | bytes) -> DirectoryFile:
        path = tmp_path / "directory.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return DirectoryFile(path)

    return make


def test_each_line_is_a_record(write):
    """Addresses are separated by semicolons; what is empty has its default. Excel's byte order mark is no matter."""
    file = write("\ufeff" + HEAD + 'contact,c1,"Weiler, Ann",a@x.com; b@x.com,no,u1,a1\n\nuser,u1,Alice,,,,\n')

    assert file.records() == [
        NewRecord(
            RecordKind.CONTACT,
            "c1",
            "Weiler, Ann",
            ("a@x.com", "b@x.com"),
            active=False,
            owner_key="u1",
            parent_key="a1",
        ),
        NewRecord(RecordKind.USER, "u1", "Alice"),
    ]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("kind,key\n", "line 1: 'kind,key': must name the column name"),
        ("kind,key,name,mail\n", "line 1, column: 'mail': each of these once, with commas: kind, key"),
        (HEAD + "person,1,Ann,,,,\n", "line 2, kind: 'person': one of user, contact"),
        (HEAD + "user,,Ann,,,,\n", "line 2, key: '': must not be empty"),
        (HEAD + "user,a\0b,Ann,,,,\n", r"line 2, key: 'a\\x00b': must have no NUL character"),
        (HEAD + "user,1,Ann,ann,,,\n", "line 2, addresses: 'ann': an email address such as"),
        (HEAD + "user,1,Ann,,perhaps,,\n", "line 2, active: 'perhaps': yes or no"),
        (HEAD + "user,1,Ann\n", "line 2: 'user,1,Ann': must have 7 fields"),
        (HEAD + 'user,1,"Ann\nWeiler",,,,\nuser,2\n', "line 4: 'user,2': must have 7 fields"),
        (HEAD + 'user,1,Ann,,,,\nuser,"2"x,Bob,,,,\n', "line 3: '': must be CSV: "),
        (HEAD + "user,1,Ann,,,,\nuser,1,Bob,,,,\n", "line 3, key: '1': is the user of line 2 already"),
        (b"kind,key,name\nuser,1,\xff\n", "must be UTF-8"),
        (QUEUED + "contact,1,Ann,q1\n", "line 2, default_queue: 'q1': only a user has one"),
    ],
)
def test_a_mistake_is_told_with_its_line(write, text, complaint):
    """The complaint names line, column, value and what is allowed."""
    file = write(text)

    with pytest.raises(BadInput, match=complaint):
        file.records()


def test_an_import_adds_and_updates(ports, store, write):
    """The same kind and key updates; doing it twice changes nothing."""
    file = write(HEAD + "user,u1,Alice,alice@contoso.com,,,\ncontact,c1,Ann,ann@x.com,,u1,\n")

    first, second = import_directory(ports, file), import_directory(ports, file)

    with store.begin() as tx:
        found = [(one.kind, one.name) for one in tx.records.select()]
    assert (first, second) == (Imported(added=2, updated=0), Imported(added=0, updated=2))
    assert found == [(RecordKind.USER, "Alice"), (RecordKind.CONTACT, "Ann")]


def test_an_owner_who_is_nobody_is_refused_and_nothing_is_stored(ports, store, write):
    """All or none: the records before the mistake are not stored either."""
    file = write(HEAD + "user,u1,Alice,alice@contoso.com,,,\ncontact,c1,Ann,ann@x.com,,u2,\n")

    with pytest.raises(BadInput, match="owner of contact c1: 'u2'"):
        import_directory(ports, file)

    with store.begin() as tx:
        assert tx.records.select() == []


def test_a_user_has_a_queue_for_the_users_own_work(ports, store, write):
    """It is a queue of the file or of the directory; without one the user has none any more."""
    import_directory(ports, write(QUEUED + "queue,q1,Service,\nuser,u1,Alice,q1\n"))
    with store.begin() as tx:
        first = tx.records.get(RecordKind.USER, "u1").queue_key
    import_directory(ports, write("kind,key,name\nuser,u1,Alice\n"))

    with store.begin() as tx:
        assert (first, tx.records.get(RecordKind.USER, "u1").queue_key) == ("q1", None)
    with pytest.raises(BadInput, match="default queue of user u1: 'u1': must be the key of a queue"):
        import_directory(ports, write(QUEUED + "user,u1,Alice,u1\n"))
