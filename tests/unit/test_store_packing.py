"""Octets as rows hold them."""

import random
import zlib

from hypothesis import given
from hypothesis import strategies as st

from gmailsync.store.packing import Packing, packed, unpacked

NOISE = random.Random(7).randbytes(100_000)  # noqa: S311 - the same at each run


@given(octets=st.binary(max_size=300), repeated=st.sampled_from([0, 1, 2, 100, 1_000]))
def test_what_is_packed_comes_back_and_is_never_longer(octets, repeated):
    """Whichever way was chosen."""
    whole = octets * repeated

    packing, short = packed(whole)

    assert unpacked(packing, short) == whole
    assert len(short) <= len(whole)


def test_what_is_compressed_already_stays_as_it_is():
    """Short or long; the same object, not a copy."""
    for octets in (NOISE[:1_000], NOISE):
        packing, short = packed(octets)

        assert packing is Packing.PLAIN
        assert short is octets


def test_text_is_compressed_wherever_its_noise_is():
    """A picture in its beginning does not keep the rest long."""
    packing, short = packed(NOISE[:5_000] + b"line of text\r\n" * 20_000)

    assert packing is Packing.ZSTD
    assert len(short) < 10_000


def test_what_earlier_versions_packed_is_read():
    """Rows stay as they were written."""
    assert unpacked(Packing.ZLIB, zlib.compress(b"Subject: hello")) == b"Subject: hello"
