"""`gmailsync record`: the directory as people read it."""

DIRECTORY = """kind,key,name,addresses,owner,default_queue
queue,support,Support,support@contoso.com,alice,
user,alice,Alice,alice@contoso.com,,support
"""


def test_the_table_shows_what_the_file_says(cli, tmp_path):
    """The default queue among it; what the file leaves open is a dash."""
    (tmp_path / "directory.csv").write_text(DIRECTORY)
    cli("record", "import", tmp_path / "directory.csv")

    listed = cli("record", "list")

    words = [line.split("  ") for line in listed.out.splitlines() if line.strip(" ─")]
    assert [[word.strip() for word in line if word] for line in words] == [
        ["Kind", "Key", "Name", "Owner", "Parent", "Default queue", "Addresses", "Active"],
        ["queue", "support", "Support", "alice", "–", "–", "support@contoso.com", "yes"],
        ["user", "alice", "Alice", "–", "–", "support", "alice@contoso.com", "yes"],
    ]


def test_one_record_is_shown_in_words(cli, tmp_path):
    """Names of fields are words, and what is empty is a dash."""
    (tmp_path / "directory.csv").write_text(DIRECTORY)
    cli("record", "import", tmp_path / "directory.csv")

    shown = cli("record", "show", "user", "alice").out

    assert shown.splitlines() == [
        "kind           user",
        "key            alice",
        "name           Alice",
        "addresses      alice@contoso.com",
        "active         yes",
        "email enabled  yes",
        "owner          –",
        "parent         –",
        "default queue  support",
    ]
