"""The tree of blocks against a naive model that remembers what was written where."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whiteboard.architecture.block_hashes import chain_hashes
from whiteboard.architecture.block_tree import BlockTree

SIZE = 2
REQUESTS = st.tuples(st.sampled_from("ab"), st.lists(st.integers(0, 1), max_size=4 * SIZE))
# A prompt starts a request; a number finishes one of those that run.
STEPS = st.lists(st.one_of(REQUESTS, st.integers(0, 99)), max_size=60)


def names_of(tenant, prompt):
    return chain_hashes(prompt, block_size=SIZE, tenant=tenant)


def check(tree, written, running):
    """No place is lost or given twice; every user is counted; parents outlive their children."""
    places = [node.block for node in tree.nodes.values()]
    assert sorted([*places, *tree._free]) == list(range(tree.blocks))
    for name, node in tree.nodes.items():
        holders = sum(name in names_of(*request)[:held] for request, held in running)
        assert node.users == holders
        assert (name in tree._idle) == (not holders)
        assert node.children == sum(other.parent == name for other in tree.nodes.values())
        assert node.parent is None or tree.nodes[node.parent].users >= node.users
    for (tenant, prompt), held in running:
        for end, name in enumerate(names_of(tenant, prompt)[:held], 1):
            assert written[tree.nodes[name].block] == (tenant, prompt[: end * SIZE])


@settings(max_examples=150, deadline=None)
@given(st.integers(1, 5), STEPS)
def test_no_block_leaks_and_none_is_reused_for_another_beginning(blocks, steps):
    tree, written, running, taken = BlockTree(blocks), {}, [], 0
    for step in steps:
        if isinstance(step, tuple):
            (tenant, prompt), names = step, names_of(*step)
            live = {node.block: written[node.block] for node in tree.nodes.values()}
            places = tree.acquire(names)
            beginnings = [(tenant, prompt[: end * SIZE]) for end in range(1, len(names) + 1)]
            assert [live[place] for place in places] == beginnings[: len(places)]
            # What it did not find is not there: the match is the longest one.
            assert len(places) == len(names) or beginnings[len(places)] not in live.values()
            new, held = tree.extend(names, len(places))
            for number, place in new.items():
                written[place] = beginnings[number]
            taken += len(new)
            running.append((step, held))
        elif running:
            request, held = running.pop(step % len(running))
            tree.release(names_of(*request)[:held])
        check(tree, written, running)
    assert taken == len(tree.nodes) + tree.evictions  # each block goes once, by eviction
    for request, held in running:
        tree.release(names_of(*request)[:held])
    assert not any(node.users for node in tree.nodes.values())


def hold(tree, prompt):
    names = names_of("a", prompt)
    found = len(tree.acquire(names))
    _, held = tree.extend(names, found)
    return names[:held], found


def test_the_least_recently_used_leaf_goes_first():
    tree = BlockTree(3)
    for prompt in ([0, 0, 1, 1], [2, 2], [0, 0, 1, 1]):  # a path of two blocks, one more, again
        tree.release(hold(tree, prompt)[0])
    names, _ = hold(tree, [3, 3, 4, 4])
    assert len(tree.acquire(names_of("a", [0, 0, 1, 1]))) == 1  # the leaf [1, 1] went second
    assert hold(tree, [2, 2]) == ([], 0)  # it went first, and now no place is left
    assert (tree.evictions, len(names)) == (2, 2)


def test_what_is_held_is_never_evicted():
    tree = BlockTree(2)
    first, _ = hold(tree, [0, 0, 1, 1])
    assert hold(tree, [2, 2]) == ([], 0)
    tree.release(first)
    assert len(hold(tree, [2, 2])[0]) == 1
    assert tree.evictions == 1


def test_two_requests_that_miss_together_share_the_block():
    tree, names = BlockTree(4), names_of("a", [0, 0])
    assert tree.acquire(names) == tree.acquire(names) == []
    (first, _), (second, held) = tree.extend(names, 0), tree.extend(names, 0)
    assert (len(first), second, held) == (1, {}, 1)
    assert tree.nodes[names[0]].users == 2


def test_mistakes_are_named():
    tree = BlockTree(1)
    names, _ = hold(tree, [0, 0])
    tree.release(names)
    with pytest.raises(ValueError, match="release each path once"):
        tree.release(names)
    with pytest.raises(ValueError, match="at least one block, got 0"):
        BlockTree(0)
