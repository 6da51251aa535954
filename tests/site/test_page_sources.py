"""A record's inputs: a change of each kind makes stale the pages that have it, and no other."""

import json
import os

import pytest

from whiteboard.site import page_sources, sources
from whiteboard.site.records import Run, why_again, write

QUESTION = "docs/architecture/q02-kv-cache.md"
OTHER = "docs/architecture/other.md"
FRONT = """\
---
number: 2
claims:
  - id: q02-c1
    says: "s"
    verdict: holds
    checks:
      - {expr: "len(judge(7, 1))", value: 1}
---
"""
BODY = """
# Page

![It shows how the cache grows with the tokens.](figure:q02_figure_growth)

```{.python notest title="src/whiteboard/architecture/shown.py"}
--8<-- "src/whiteboard/architecture/shown.py:part"
```

```{.python title="snippets/architecture/q02_cache.py"}
--8<-- "snippets/architecture/q02_cache.py"
```

```{.python continuation}
from whiteboard.architecture import cache
from whiteboard.data import record

def result(name):
    return record(f"by_{name}")

emulated(8, "-m", "whiteboard.training.program")
judge(5, variant(5, "wrong"))
```
"""
FILES = {
    QUESTION: FRONT + BODY,
    OTHER: "# Other\n\n```{.python}\nimport whiteboard.architecture.apart\n```\n\n"
    "![It shows what stands apart from all others.](figure:apart_figure_noun)\n",
    "docs/index.md": "# Home\n",
    "conftest.py": "",
    "pyproject.toml": "",
    "src/whiteboard/__init__.py": "",
    "src/whiteboard/architecture/__init__.py": "",
    "src/whiteboard/architecture/apart.py": "x = 1\n",
    "src/whiteboard/architecture/shown.py": "# --8<-- [start:part]\nx = 1\n# --8<-- [end:part]\n",
    "src/whiteboard/architecture/cache.py": "def f():\n    from whiteboard.data import prices\n",
    "src/whiteboard/architecture/drawn.py": "x = 1\n",
    "src/whiteboard/architecture/far.py": "x = 1\n",
    "src/whiteboard/architecture/run.py": "x = 1\n",
    "src/whiteboard/architecture/reader.py": "pages = site_pages()\n",
    "src/whiteboard/data/__init__.py": "from whiteboard.data.readers import site_pages\n",
    "src/whiteboard/data/prices.py": "rows = (files(__package__) / 'prices.json').read_text()\n",
    "src/whiteboard/data/prices.json": "{}",
    "src/whiteboard/data/accelerators.json": "{}",
    "src/whiteboard/data/readers.py": "def site_pages(): ...\n\ndef q(): return site_pages()\n",
    "src/whiteboard/practice/q02/__init__.py": "from whiteboard.practice.expect import x\n",
    "src/whiteboard/practice/expect.py": "x = 1\n",
    "src/whiteboard/practice/q05/__init__.py": "",
    "src/whiteboard/practice/q05/mistakes.py": "",
    "src/whiteboard/practice/q07/__init__.py": "",
    "src/whiteboard/practice/q09/checks.py": "",
    "src/whiteboard/site/pytest_plugin.py": "from whiteboard.site import guards\n",
    "src/whiteboard/site/guards.py": "registry = path.with_name('questions.yaml')\n",
    "src/whiteboard/site/questions.yaml": "",
    "src/whiteboard/site/nav.py": "",
    "src/whiteboard/training/program.py": "from whiteboard.training import step\n",
    "src/whiteboard/training/step.py": "",
    "snippets/architecture/apart_figure_noun.py": "import whiteboard.architecture.far\n",
    "snippets/architecture/q02_cache.py": "from whiteboard.architecture.run import x\n",
    "snippets/architecture/q02_figure_growth.py": "import whiteboard.architecture.drawn\n",
    "snippets/architecture/q09_heads.py": "from whiteboard import data\nrows = data.record('lm')\n",
    "src/whiteboard/data/results/by_size.json": "{}",
    "src/whiteboard/data/results/lm.json": "{}",
    "tests/architecture/test_cache.py": "",
}
INPUTS = [
    (QUESTION, {QUESTION}),
    (OTHER, {OTHER}),
    ("docs/index.md", set()),
    ("conftest.py", {QUESTION, OTHER}),
    ("pyproject.toml", {QUESTION, OTHER}),
    ("mkdocs.yml", {QUESTION, OTHER}),
    ("src/whiteboard/architecture/apart.py", {OTHER}),
    ("src/whiteboard/architecture/shown.py", {QUESTION}),
    ("src/whiteboard/architecture/cache.py", {QUESTION}),
    ("src/whiteboard/architecture/drawn.py", {QUESTION}),
    ("src/whiteboard/architecture/far.py", {OTHER}),
    ("src/whiteboard/architecture/run.py", {QUESTION}),
    ("src/whiteboard/data/prices.py", {QUESTION}),
    ("src/whiteboard/data/prices.json", {QUESTION}),
    ("src/whiteboard/data/accelerators.json", set()),
    ("src/whiteboard/practice/q02/__init__.py", {QUESTION}),
    ("src/whiteboard/practice/expect.py", {QUESTION}),
    ("src/whiteboard/practice/q05/mistakes.py", {QUESTION}),
    ("src/whiteboard/practice/q07/__init__.py", {QUESTION}),
    ("src/whiteboard/practice/q09/checks.py", set()),
    ("src/whiteboard/site/pytest_plugin.py", {QUESTION, OTHER}),
    ("src/whiteboard/site/guards.py", {QUESTION, OTHER}),
    ("src/whiteboard/site/questions.yaml", {QUESTION, OTHER}),
    ("src/whiteboard/site/nav.py", set()),
    ("src/whiteboard/training/program.py", {QUESTION}),
    ("src/whiteboard/training/step.py", {QUESTION}),
    ("snippets/architecture/apart_figure_noun.py", {OTHER}),
    ("snippets/architecture/q02_cache.py", {QUESTION}),
    ("snippets/architecture/q02_figure_growth.py", {QUESTION}),
    ("snippets/architecture/q09_heads.py", set()),
    ("src/whiteboard/data/results/by_size.json", {QUESTION}),
    ("src/whiteboard/data/results/lm.json", set()),
]


@pytest.fixture
def tree(project):
    for place, text in FILES.items():
        project.write(place, text)
    return project


def stale(tree, places=(QUESTION, OTHER)):
    return {place for place in places if why_again(place, tree.root)}


@pytest.mark.parametrize(("changed", "expected"), INPUTS, ids=[place for place, _ in INPUTS])
def test_a_changed_file_makes_stale_the_pages_that_have_it(tree, changed, expected):
    write(tree.root, {QUESTION: Run(1.0, True), OTHER: Run(1.0, True)})
    assert stale(tree) == set()
    with (tree.root / changed).open("a") as file:
        file.write("\n")
    assert stale(tree) == expected


def test_the_reason_names_what_has_changed(tree):
    assert why_again(OTHER, tree.root) == "has no record of a whole run"
    write(tree.root, {OTHER: Run(1.0, True)})
    tree.write("src/whiteboard/architecture/apart.py", "x = 2\n")
    place = "src/whiteboard/architecture/apart.py"
    assert why_again(OTHER, tree.root) == f"changed since its last run: {place}"
    write(tree.root, {OTHER: Run(1.0, False)})
    assert why_again(OTHER, tree.root) == "failed at its last run"


@pytest.mark.parametrize(
    "added", ["snippets/architecture/q02_more.py", "src/whiteboard/practice/q02/more.py"]
)
def test_a_new_file_of_the_questions_number_counts(tree, added):
    write(tree.root, {QUESTION: Run(1.0, True), OTHER: Run(1.0, True)})
    tree.write(added, "")
    assert stale(tree) == {QUESTION}


def test_a_modules_test_that_is_gone_counts(tree):
    write(tree.root, {QUESTION: Run(1.0, True), OTHER: Run(1.0, True)})
    os.remove(tree.root / "tests/architecture/test_cache.py")
    assert stale(tree) == {QUESTION}


@pytest.mark.parametrize(
    "code",
    ["from whiteboard import data\ndata.site_pages()", "import whiteboard.architecture.reader"],
)
def test_who_reads_all_pages_depends_on_all(tree, code):
    tree.write(OTHER, f"# Other\n\n```{{.python}}\n{code}\n```\n")
    write(tree.root, {QUESTION: Run(1.0, True), OTHER: Run(1.0, True)})
    tree.write("docs/index.md", "# House\n")
    assert stale(tree) == {OTHER}


FACE = "from .one import f as f\nfrom .two import g as g\n"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("from whiteboard.faced import f", {"one"}),
        ("from whiteboard.faced import f, g", {"one", "two"}),
        ("from whiteboard.faced import *", {"one", "two"}),
        ("from whiteboard.faced import one", {"one"}),
        ("from whiteboard.faced.two import g", {"two"}),
        ("import whiteboard.faced", {"one", "two"}),
        ("from whiteboard import faced", {"one", "two"}),
    ],
)
def test_a_name_that_a_package_loads_when_asked_for_is_followed(tree, code, expected):
    tree.write("src/whiteboard/faced/__init__.py", "")
    tree.write("src/whiteboard/faced/__init__.pyi", FACE)
    tree.write("src/whiteboard/faced/one.py", "def f(): ...\n")
    tree.write("src/whiteboard/faced/two.py", "def g(): ...\n")
    tree.write(OTHER, f"# Other\n\n```{{.python}}\n{code}\n```\n")
    found = page_sources.made_of(tree.root / OTHER, tree.root)
    assert {
        name for name in ("one", "two") if f"src/whiteboard/faced/{name}.py" in found
    } == expected


def test_a_question_that_only_the_run_knows_may_be_any(tree):
    code = "for number in numbers:\n    judge(number, 1)"
    tree.write(OTHER, f"# Other\n\n```{{.python}}\n{code}\n```\n")
    write(tree.root, {QUESTION: Run(1.0, True), OTHER: Run(1.0, True)})
    tree.write("src/whiteboard/practice/q09/checks.py", "x = 2\n")
    assert stale(tree) == {OTHER}


def test_a_program_has_its_own_record(tree):
    program = "snippets/architecture/q09_heads.py"
    write(tree.root, {program: Run(1.0, True)})
    assert why_again(program, tree.root) == ""
    tree.write("src/whiteboard/data/results/lm.json", "[]")
    assert (
        why_again(program, tree.root)
        == "changed since its last run: src/whiteboard/data/results/lm.json"
    )


@pytest.mark.parametrize("name", ["Python", "the installed packages"])
def test_python_and_every_installed_package_count(tree, monkeypatch, name):
    write(tree.root, {OTHER: Run(1.0, True)})
    now = page_sources.environment()
    monkeypatch.setattr(page_sources, "environment", lambda: {**now, name: "other"})
    assert why_again(OTHER, tree.root) == f"changed since its last run: {name}"


def test_the_packages_of_the_weights_are_among_the_installed(monkeypatch, tmp_path):
    before = page_sources.environment()
    (tmp_path / "weights-0.1.2.dist-info").mkdir()
    monkeypatch.setattr(page_sources.sysconfig, "get_path", lambda _: str(tmp_path))
    with_them = page_sources.environment.__wrapped__()
    os.rename(tmp_path / "weights-0.1.2.dist-info", tmp_path / "weights-0.1.3.dist-info")
    assert (
        len({json.dumps(e) for e in (before, with_them, page_sources.environment.__wrapped__())})
        == 3
    )


def test_a_page_that_is_no_python_or_includes_nothing_has_inputs_all_the_same(tree):
    tree.write(
        OTHER, '# Other\n\n```{.python}\nx = = 1\n```\n\n```{.python}\n--8<-- "none.py"\n```\n'
    )
    assert OTHER in page_sources.made_of(tree.root / OTHER, tree.root)


def test_a_file_is_read_again_only_when_it_has_changed(tree):
    sources._parsed.cache_clear()
    page_sources.made_of(tree.root / OTHER, tree.root)
    parsed = sources._parsed.cache_info().misses
    page_sources.made_of(tree.root / OTHER, tree.root)
    assert sources._parsed.cache_info().misses == parsed > 0
