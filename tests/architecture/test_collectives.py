"""Collectives read from program text, and the bytes that the rings send."""

import pytest

from whiteboard.architecture.collectives import Collective, collectives, totals

PROGRAM = """
HloModule jit_step, is_scheduled=true, num_partitions=8
  %a = f32[2,3,8]{2,1,0} all-gather(%x), replica_groups=[2,4]<=[8], dimensions={0}
  %b = (f32[5]{0}, /*index=1*/bf16[7,2]{1,0}) all-reduce(%y, %z), replica_groups={{0,1},{2,3}}
  %c = f32[3]{0} all-reduce(%y), replica_groups=mesh['axis_0'=2,'axis_1'=4] {'axis_0'}
  %d = f32[3]{0} all-reduce(%y), replica_groups=mesh['a'=2,'b'=4], device_ids=([8]) {'a','b'}
  %e = f32[3]{0} all-reduce(%y), replica_groups=mesh['a'=8] {'a':(1)2}
  %f = (f32[1,4]{1,0}, f32[1,4]{1,0}) all-to-all(%y, %z), replica_groups={}
  %g = (f32[3]{0}, f32[6]{0}) all-gather-start(%y), replica_groups={{0,1}}
  %h = f32[6]{0} all-gather-done(%g)
  %i = s32[2]{0} collective-permute(%y), source_target_pairs={{0,1},{1,0}}
  %j = f32[9]{0} all-reduce(%y), replica_groups={{0},{1}}, to_apply=%add
  %k = f32[9]{0} collective-permute(%y), source_target_pairs={{0,0},{1,1}}
  %l = f32[7]{0} add(%all-to-all, %d)
"""


def test_each_form_of_groups_is_read():
    assert collectives(PROGRAM) == [
        Collective("all-gather", 192, 4),
        Collective("all-reduce", 48, 2),
        Collective("all-reduce", 12, 2),
        Collective("all-reduce", 12, 8),
        Collective("all-reduce", 12, 2),
        Collective("all-to-all", 32, 8),
        Collective("all-gather", 24, 2),
        Collective("collective-permute", 8, 2),
    ]


def test_totals_by_kind():
    assert totals(collectives(PROGRAM))["all-reduce"] == (4, 84)


def test_what_is_not_known_is_an_error():
    with pytest.raises(ValueError, match="element type"):
        collectives("%a = f8e4m3[4]{0} all-reduce(%x), replica_groups={{0,1}}")
    with pytest.raises(ValueError, match="replica_groups"):
        collectives("%a = f32[4]{0} all-reduce(%x), replica_groups=new form")


def ring(devices, chunk):
    """Send chunks round a ring until every device holds the sum; bytes that each has sent."""
    held = [[{(d, c)} for c in range(devices)] for d in range(devices)]
    sent = [0] * devices
    for step in range(2 * (devices - 1)):
        moves = []
        for d in range(devices):
            first = d - step if step < devices - 1 else d + 1 - (step - devices + 1)
            c = first % devices
            moves.append(((d + 1) % devices, c, held[d][c]))
            sent[d] += chunk
        for to, c, what in moves:
            held[to][c] = held[to][c] | what
    assert all(len(chunk) == devices for device in held for chunk in device)
    return set(sent)


@pytest.mark.parametrize("devices", [2, 3, 7, 8])
def test_an_all_reduce_sends_what_a_ring_of_messages_sends(devices):
    size = devices * 12
    assert ring(devices, chunk=12) == {Collective("all-reduce", size, devices).sent}


@pytest.mark.parametrize("devices", [2, 5, 8])
def test_scatter_and_gather_are_the_two_halves_of_a_reduce(devices):
    size = devices * 20
    half = Collective("all-gather", size, devices).sent
    assert Collective("reduce-scatter", size // devices, devices).sent == half
    assert Collective("all-reduce", size, devices).sent == 2 * half
