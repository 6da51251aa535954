"""What the scripts of this folder share: ``--check`` compares with the stored, ``--write`` stores.

Most give `run` their own file and a function that computes their arrays, ``versions`` among them.
"""

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np


def wants_check() -> bool:
    """True for ``--check``, false for ``--write``: one of them must be said."""
    parser = argparse.ArgumentParser()
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--check", action="store_true", help="compare with the stored values")
    what.add_argument("--write", action="store_true", help="store the values anew")
    return parser.parse_args().check


def run(
    script: str,
    compute: Callable[[], Mapping[str, np.ndarray]],
    *,
    atol: float,
    looser: Mapping[str, float] | None = None,
) -> None:
    """Compute, then compare with the ``.npz`` beside ``script`` or write it.

    Every array but ``versions`` must be as stored: whole numbers and strings exactly, floats within
    ``atol``, or within ``looser[name]``. One that has moved, appeared or gone ends the program.
    """
    path, check = Path(script).with_suffix(".npz"), wants_check()
    got = dict(compute())
    if not check:
        np.savez_compressed(path, **got)
        print(f"{path.name}: written ({got['versions']})")
        return
    with np.load(path) as file:
        stored = dict(file)
    if problems := moved(stored, got, atol=atol, looser=looser or {}):
        was = f"stored with {stored.get('versions')}, computed with {got['versions']}"
        raise SystemExit(f"{path.name}: {'; '.join(problems)}\n  {was}")
    print(f"{path.name}: {len(got) - 1} arrays as stored ({got['versions']})")


def moved(
    stored: Mapping[str, np.ndarray],
    got: Mapping[str, np.ndarray],
    *,
    atol: float,
    looser: Mapping[str, float],
) -> list[str]:
    """What differs, in words."""
    problems = []
    for name in sorted({*stored, *got} - {"versions"}):
        if name not in stored or name not in got:
            problems.append(f"{name} is {'new' if name in got else 'gone'}")
            continue
        old, new = stored[name], np.asarray(got[name])
        if old.shape != new.shape or old.dtype != new.dtype:
            problems.append(f"{name} was {old.dtype}{old.shape}, is {new.dtype}{new.shape}")
        elif not np.issubdtype(new.dtype, np.floating):
            if not np.array_equal(old, new):
                problems.append(f"{name} moved")
        elif not np.allclose(new, old, rtol=0, atol=looser.get(name, atol), equal_nan=True):
            gap = np.abs(new.astype(np.float64) - old).max()
            problems.append(f"{name} moved by {gap:.1e}")
    return problems
