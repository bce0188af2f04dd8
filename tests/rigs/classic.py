"""An account in classic mode, which has folders instead of labels."""

from __future__ import annotations

from fakes.accounts import Account


def fill(account: Account, count: int) -> None:
    """Put so many messages into INBOX."""
    for number in range(1, count + 1):
        account.mail.add(b"Message-ID: <%d@x>\r\n\r\n" % number, labels=["\\Inbox"])


def names(account: Account) -> list[str]:
    """Return the names of all folders."""
    return [folder.name for folder in account.mail.folders]
