"""Block names: two by hand, and equality of names is equality of tenant and beginning."""

import hashlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whiteboard.architecture.block_hashes import chain_hashes

PROMPTS = st.lists(st.integers(0, 2), max_size=9)
TENANTS = st.sampled_from(["a", "b", ""])


def test_two_blocks_by_hand():
    root = hashlib.sha256(b"acme").digest()
    first = hashlib.sha256(root + struct.pack("<2i", 7, 49_151)).digest()
    second = hashlib.sha256(first + struct.pack("<2i", 1, 2)).digest()
    assert chain_hashes([7, 49_151, 1, 2, 3], block_size=2, tenant="acme") == [first, second]


@given(PROMPTS, PROMPTS, TENANTS, TENANTS, st.integers(1, 3))
def test_names_are_equal_exactly_when_all_before_them_is(a, b, tenant_a, tenant_b, size):
    names_a = chain_hashes(a, block_size=size, tenant=tenant_a)
    names_b = chain_hashes(b, block_size=size, tenant=tenant_b)
    assert len(names_a) == len(a) // size
    for i, one in enumerate(names_a, 1):
        for j, other in enumerate(names_b, 1):
            same = tenant_a == tenant_b and i == j and a[: i * size] == b[: j * size]
            assert (one == other) == same


def test_a_block_of_no_tokens_is_refused():
    with pytest.raises(ValueError, match="block_size must be 1 or more, got 0"):
        chain_hashes([1], block_size=0, tenant="")
