"""The domain that a consent screen has to authorize: by a part of the public suffix list as by all of it."""

from __future__ import annotations

import pytest
from publicsuffixlist import PublicSuffixList

from fakes import forms
from gmailsync.model.setup import top_private_domain

HOSTS = [
    "contoso.crm.dynamics.com", "contoso.com", "com", "a.b.co.uk", "www.ck", "a.b.ck", "city.kawasaki.jp",
    "a.b.kawasaki.jp", "me.github.io", "x.googleusercontent.com", "a.xn--p1ai", "a.рф", "b.公司.cn", "a.invalid",
]  # fmt: skip


@pytest.mark.parametrize("host", HOSTS)
def test_a_part_of_the_list_says_what_all_of_it_says(host):
    """Wildcards, exceptions, private suffixes, names in two writings, and a top-level domain that is none."""
    lenient = PublicSuffixList().privatesuffix(host)
    strict = PublicSuffixList(accept_unknown=False).privatesuffix(host)

    assert top_private_domain(f"https://{host}") == lenient
    assert forms.top_private_domain(host) == strict
