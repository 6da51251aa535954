"""A package's face: what pages, programs and labs import from it, loaded when asked for."""

import ast
import importlib
import subprocess
import sys
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

import pytest

from whiteboard.site.fences import parse_fences

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src/whiteboard"
FACES = sorted(
    path.parent.relative_to(PACKAGE).as_posix().replace("/", ".")
    for path in PACKAGE.rglob("__init__.pyi")
)


def programs():
    """The sources that a reader may copy from."""
    for page in (ROOT / "docs").rglob("*.md"):
        for fence in parse_fences(page.read_text("utf8"), ROOT):
            if fence.runs:
                yield fence.source
    for folder in ("snippets", "docs/labs"):
        yield from (path.read_text("utf8") for path in (ROOT / folder).rglob("*.py"))


@cache
def imported():
    """By package: how many of its modules each name is imported from."""
    found = defaultdict(set)
    for source in programs():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("whiteboard."):
                package, _, module = node.module.removeprefix("whiteboard.").rpartition(".")
                found[package] |= {(alias.name, module) for alias in node.names}
    return {package: Counter(name for name, _ in names) for package, names in found.items()}


def test_packages_that_hold_what_readers_import_have_a_face():
    assert {"architecture", "decoding", "evaluation", "retrieval", "training"} <= set(FACES)


@pytest.mark.parametrize("package", FACES)
def test_what_pages_import_stands_on_the_face(package):
    face = importlib.import_module(f"whiteboard.{package}")
    folder = PACKAGE / package.replace(".", "/")
    modules = {path.stem for path in folder.iterdir()}  # a module's name stays the module's
    wanted = {n for n, times in imported()[package].items() if times == 1} - modules
    missing = sorted(wanted - set(face.__all__))
    lines = "\n".join(f"from .MODULE import {name} as {name}" for name in missing)
    assert not missing, f"write in src/whiteboard/{folder.name}/__init__.pyi:\n{lines}"
    assert not set(face.__all__) - set(imported()[package]), "no page imports these"


@pytest.mark.parametrize("package", FACES)
def test_a_face_gives_what_its_modules_define(package):
    face = importlib.import_module(f"whiteboard.{package}")
    stub = ast.parse((PACKAGE / package.replace(".", "/") / "__init__.pyi").read_text("utf8"))
    for node in stub.body:
        module = importlib.import_module(f"whiteboard.{package}.{node.module}")
        for alias in node.names:
            assert getattr(face, alias.name) is getattr(module, alias.name)


def test_a_face_loads_nothing_until_it_is_asked():
    program = (
        "import sys, whiteboard.architecture as face\n"
        "before = 'jax' in sys.modules\n"
        "face.dot_product_attention\n"
        "print(before, 'jax' in sys.modules, 'whiteboard.architecture.rope' in sys.modules)"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout == "False True False\n"
