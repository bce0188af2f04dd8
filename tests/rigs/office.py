"""Three mailboxes, two of users and one of a queue, and an administrator who decides about mail by commands."""

from __future__ import annotations

from datetime import timedelta

from arriving import Arriving

from gmailsync.model.email import Direction

ALICE, BOB, SUPPORT = "alice@contoso.com", "bob@contoso.com", "support@contoso.com"
ANN, TEAM, STRANGER = "ann@fabrikam.com", "team@fabrikam.com", "shop@example.org"
DIRECTORY = f"""kind,key,name,addresses,owner,default_queue
user,alice,Alice,{ALICE},,support
user,bob,Bob,{BOB},,
queue,support,Support,{SUPPORT},bob,
contact,ann,Ann Weiler,{ANN},bob,
team,team,Team,{TEAM},,
"""


class Office(Arriving):
    """Three mailboxes that accept all mail, and the commands of their administrator."""

    def __init__(self, cli, google, ports):
        super().__init__(google, ports, ANN)
        self._cli = cli

    def run(self, *arguments):
        """Run a command that works, and return its JSON."""
        ran = self._cli(*arguments, "--json")
        assert (ran.status, ran.err) == (0, "")
        return ran.json

    def set(self, **settings):
        """Change settings; their names are written with underscores."""
        for name, value in settings.items():
            self.run("setting", "set", name.replace("_", "-"), value)

    def emails(self, address=ALICE, direction=Direction.INCOMING):
        """Return {subject: number} of a mailbox's emails, in the order in which they were stored."""
        with self.ports.store.begin() as tx:
            found = tx.emails.select(tx.mailboxes.get(address).id)
        return {email.headers.subject: email.id for email in found if email.direction is direction}

    def why(self, address=ALICE, subject="Hello", direction=Direction.INCOMING):
        """Return decision and activity of the last email with this subject."""
        return self.run("email", "why", self.emails(address, direction)[subject])

    def correlation(self, **named):
        """Let a message arrive, and return how it was matched, and the numbers of its activity and of the other one."""
        self.arrive(ALICE, **named)
        self.sync(ALICE)
        activity = self.why(subject=named.get("subject", "Hello"))["activity"]
        return activity["correlation"]["method"], activity["correlation"]["activity"]

    def refused(self):
        return [(one["mailbox"], one["reason"]) for one in self.run("email", "decisions", "--refused")]

    def pass_by(self, **time):
        self.google.clock.advance(timedelta(**time))
