"""Memory that is measured, and given back."""

import subprocess
import sys

import numpy as np
import psutil
import pytest

from whiteboard.site.memory import GB, family, give_back, held, resident, trim

MEGABYTES = 200


def test_what_a_started_process_holds_counts():
    code = f"held = b'x' * ({MEGABYTES} << 20); print('ready', flush=True); input()"
    before = held(family(psutil.Process()))
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", code], text=True, **pipes) as started:
        assert started.stdout.readline() == "ready\n"
        during = held(family(psutil.Process()))
        both = resident(family(psutil.Process()))
        started.communicate("\n")
    assert MEGABYTES <= (sum(during) - sum(before)) * GB / 2**20 < MEGABYTES + 60
    assert len(during) == len(before) + 1
    assert during == sorted(during, reverse=True)
    assert both >= sum(during)


def test_a_process_that_has_ended_holds_nothing():
    with subprocess.Popen([sys.executable, "-c", ""]) as started:
        process = psutil.Process(started.pid)
        started.wait()
    assert family(process) == []
    assert held([process]) == [0]
    assert resident([process]) == 0


def megabytes() -> float:
    return resident([psutil.Process()]) * GB / 2**20


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc keeps freed pages")
def test_freed_pieces_go_back_to_the_system():
    """Small arrays in glibc's heap, freed all but the last, which keeps the heap from shrinking."""
    pieces = [np.ones(12_500) for _ in range(10 * MEGABYTES)]
    last, full = pieces[-1], megabytes()
    pieces.clear()
    trim()
    assert full - megabytes() > 0.8 * MEGABYTES
    assert last.sum() == 12_500


def test_what_only_a_cycle_holds_is_freed():
    cycle = [np.ones(MEGABYTES << 17)]
    cycle.append(cycle)
    full = megabytes()
    del cycle
    give_back()
    assert full - megabytes() > 0.8 * MEGABYTES
