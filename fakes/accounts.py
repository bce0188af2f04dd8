"""A Google account: whose it is, what its owner and administrator have set, and its mail."""

from __future__ import annotations

from dataclasses import dataclass, field

from fakes.gmail.mail import MailStore
from fakes.gmail.popping import Popping
from fakes.limits import Limits, Usage
from fakes.post import PostSettings
from fakes.workspace import ROOT, require_unit

CONSUMER_DOMAINS = frozenset({"gmail.com", "googlemail.com"})
"""Where every account without an organisation is certainly a consumer's. Such an account with another address may
stand for somebody whose organisation nobody described."""


@dataclass(slots=True, eq=False)
class Account:
    """A Google account. `gmail` is false for one without the Gmail service.

    `imap` is the owner's switch, `popping` what the owner set for POP. `organisation` is the Workspace domain, `unit`
    the organisational unit in it; None for a consumer's account. `advanced_protection` is for owners enrolled in
    Google's programme of that name, `high_risk` for whom Google lets no unverified app near. `suspended` is an
    administrator's doing. `post` is what the owner has set up about mail: filters, aliases, a vacation responder.

    `password` opens no mail, since Google ended that; `two_step` decides what is said of it. `app_password`
    does (google.md 6). With `needs_web_login` Google distrusts sign-ins by password until the owner was on the web.

    `limits` is what IMAP and POP allow, to be replaced by another value at any time; `usage` what was used of it.
    """

    address: str
    name: str
    sub: str
    imap: bool
    popping: Popping
    gmail: bool
    organisation: str | None
    mail: MailStore
    unit: str = ROOT
    advanced_protection: bool = False
    high_risk: bool = False
    suspended: bool = False
    two_step: bool = False
    needs_web_login: bool = False
    password: str | None = field(default=None, repr=False)
    app_password: str | None = field(default=None, repr=False)
    post: PostSettings = field(default_factory=PostSettings)
    limits: Limits = field(default_factory=Limits)
    usage: Usage = field(default_factory=Usage, repr=False)

    @property
    def consumer(self) -> bool:
        """Whether this is certainly a consumer's account."""
        return self.organisation is None and self.address.rpartition("@")[2].lower() in CONSUMER_DOMAINS

    @property
    def imap_on(self) -> bool:
        """Whether the owner has IMAP on; consumers have had no switch for it since January 2025 (google.md 6)."""
        return self.imap or self.consumer

    @property
    def pop(self) -> bool:
        """Tell whether the owner has turned POP on."""
        return self.popping.on


def require_place(organisation: str | None, unit: str) -> None:
    """Raise ValueError unless an account of the organisation may lie in this unit."""
    require_unit(unit)
    if organisation is None and unit != ROOT:
        raise ValueError(f"an account without an organisation lies in no organisational unit: {unit}")
