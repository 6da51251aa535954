"""The house: floors, sizes, one name for a page, module, exercise, program and test."""

import ast
import re
import statistics
import subprocess
from functools import cache
from pathlib import Path

import pytest

from whiteboard.site.pages import all_pages, registry

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src/whiteboard"
FLOORS = [
    {"data"},
    {"figures"},
    {"architecture"},
    {"lm", "encoder"},
    {"training"},
    {"decoding"},
    {"evaluation"},
    {"store"},
    {"retrieval"},
    {"adaptation"},
    {"production"},
    {"agents"},
    {"safety"},
    {"practice"},
    {"site", "cli", "mcp_server"},
]
RANK = {name: rank for rank, names in enumerate(FLOORS) for name in names}
MODULES = sorted(PACKAGE.rglob("*.py"))
SECTIONS = [section.name for section in registry().sections]
# Wrong variants have the shapes of the right function, and the faces handle no arrays.
LIBRARY = [name for floor in FLOORS[:-2] for name in sorted(floor)]


@cache
def tree_of(path):
    return ast.parse(path.read_text("utf8"), str(path))


def name_of(path, base=ROOT / "src"):
    parts = path.relative_to(base).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path):
    """Dotted names that a file imports; `from a import b` gives both a and a.b."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: write whole names, not relative imports"
            yield from (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))


def floor_of(name):
    parts = name.split(".")
    return parts[1] if parts[0] == "whiteboard" and len(parts) > 1 else None


def functions_of(tree):
    """Functions and methods of a module, not those inside functions, with their class."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield None, node
        elif isinstance(node, ast.ClassDef):
            yield from ((node, inner) for inner in node.body if isinstance(inner, ast.FunctionDef))


def where(path, node):
    return f"{path.relative_to(ROOT)}:{node.lineno}: {node.name}"


def breaks_a_floor(importer, imported):
    """Whether one floor's module may not import the other: only its own package and those above."""
    own, other = floor_of(importer), floor_of(imported)
    if other not in RANK or own == other or {own, other} <= FLOORS[-1]:
        return False
    return own not in RANK or RANK[other] >= RANK[own]


def test_the_rule_of_floors_bites():
    assert breaks_a_floor("whiteboard.architecture.rope", "whiteboard.lm.config")
    assert breaks_a_floor("whiteboard.lm.load", "whiteboard.encoder")
    assert breaks_a_floor("whiteboard", "whiteboard.lm")
    assert breaks_a_floor("whiteboard.training.step", "whiteboard.decoding.confined")
    assert breaks_a_floor("whiteboard.figures", "whiteboard.site")
    for importer, imported in [
        ("adaptation", "retrieval"),
        ("production", "evaluation"),
        ("production", "adaptation"),
        ("safety", "agents"),
    ]:
        assert not breaks_a_floor(f"whiteboard.{importer}.x", f"whiteboard.{imported}.y")
    assert not breaks_a_floor("whiteboard.lm.decoder", "whiteboard.architecture.rope")
    assert not breaks_a_floor("whiteboard.cli", "whiteboard.site.records")


def test_each_module_imports_only_from_the_floors_under_it():
    wrong = [
        f"{name_of(path)} imports {name}: move it up, or what it needs down"
        for path in MODULES
        for name in imports_of(path)
        if breaks_a_floor(name_of(path), name)
    ]
    assert not wrong, "\n".join(wrong)
    unknown = {floor_of(name_of(path)) for path in MODULES} - RANK.keys() - {None}
    assert not unknown, f"give {unknown} a floor, here and in CONTRIBUTING.md"


def test_modules_and_functions_stay_small():
    lines = {path: len(path.read_text("utf8").splitlines()) for path in MODULES}
    lengths = {
        where(path, node): body_lines(node)
        for path in MODULES
        for _, node in functions_of(tree_of(path))
    }
    long = [f"{path.relative_to(ROOT)}: {n} lines" for path, n in lines.items() if n > 250]
    long += [f"{place}: {n} lines" for place, n in lengths.items() if n > 60]
    assert not long, "split, at 250 lines a module and 60 a function:\n" + "\n".join(long)
    module = statistics.median(n for n in lines.values() if n > 5)
    function = statistics.median(lengths.values())
    assert module <= 130, f"the median module has {module} lines: wanted 130"
    assert function <= 10, f"the median function has {function} lines: wanted 10"


def body_lines(node):
    body = node.body[1:] if ast.get_docstring(node) else node.body
    return node.end_lineno - body[0].lineno + 1 if body else 0


def test_every_field_of_a_dataclass_is_read():
    sources = [*MODULES, *(ROOT / "snippets").rglob("*.py"), *(ROOT / "tests").rglob("*.py")]
    sources += (ROOT / "benchmarks").rglob("*.py")
    read = {
        node.attr
        for path in sources
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
    }
    read |= {
        w for p in (ROOT / "docs").rglob("*.md") for w in re.findall(r"\.(\w+)", p.read_text())
    }
    unread = [
        f"{where(path, node)}.{field}: read it or remove it"
        for path in MODULES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ClassDef) and is_dataclass(node)
        for field in fields_of(node)
        if field not in read
    ]
    assert not unread, "\n".join(unread)


def is_dataclass(node):
    return any("dataclass" in ast.unparse(decorator) for decorator in node.decorator_list)


def fields_of(node):
    return [inner.target.id for inner in node.body if isinstance(inner, ast.AnnAssign)]


def test_configs_are_frozen():
    thawed = [
        where(path, node)
        for path in MODULES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ClassDef)
        and is_dataclass(node)
        and node.name.endswith("Config")
        and not any("frozen=True" in ast.unparse(d) for d in node.decorator_list)
    ]
    assert not thawed, thawed


def public_functions(path):
    """Public functions and methods, each with where its docstring may stand."""
    for owner, node in functions_of(tree_of(path)):
        names = {node.name.replace("__call__", "call"), owner.name if owner else ""}
        overload = any("overload" in ast.unparse(d) for d in node.decorator_list)
        if not overload and not any(name.startswith("_") for name in names):
            yield node, [node, owner] if node.name == "__call__" else [node]


def test_public_functions_say_what_they_do_and_the_shapes():
    wrong = []
    for path in (p for floor in LIBRARY for p in sorted((PACKAGE / floor).rglob("*.py"))):
        for node, documented in public_functions(path):
            if not any(ast.get_docstring(place) for place in documented):
                wrong.append(f"{where(path, node)}: write a docstring")
            wrong += [f"{where(path, node)}: {problem}" for problem in shape_problems(node)]
    assert not wrong, "\n".join(wrong)


def shape_problems(node):
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    arguments = [a for a in arguments if a.arg not in ("self", "cls")]
    for argument in arguments:
        if argument.annotation is None:
            yield f"annotate {argument.arg}"
    if node.returns is None:
        yield "annotate what it returns"
    for annotation in [*(a.annotation for a in arguments), node.returns]:
        array = r"(?:jax\.|np\.)?(?:Array|ndarray)"
        # Arrays by name, and what a function given as an argument returns, have no one shape.
        free = (
            rf"\w+\[{array}, [^\]]*\]|(?:Mapping|dict)\[str, {array}\]|Callable\[\.\.\., {array}\]"
        )
        bare = re.sub(free, "", unparse(annotation))
        if re.search(r"\b(?:Array|ndarray)\b", bare):
            shape = 'Float[Array, "batch time"], or Shaped[Array, "..."] for any'
            yield f"{unparse(annotation)} has no shape: {shape}"


def unparse(annotation):
    return ast.unparse(annotation) if annotation else ""


def test_a_missing_shape_is_seen():
    (node,) = ast.parse("def f(x: Array, y: Float[Array, 'time'], z) -> jax.Array: ...").body
    assert len(list(shape_problems(node))) == 3


def test_pages_are_those_of_the_registry():
    places = {question.page for question in registry().questions}
    found = [p.relative_to(ROOT / "docs").as_posix() for p in (ROOT / "docs").rglob("q[0-9]*.md")]
    assert set(found) <= places, f"not in questions.yaml: {set(found) - places}"
    assert len(all_pages(ROOT / "docs")) == len(found)


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_has_an_index_that_lists_its_questions(section):
    index = (ROOT / "docs" / section / "index.md").read_text("utf8")
    assert f"<!-- questions: section={section} -->" in index


def test_exercises_and_programs_belong_to_a_page():
    pages = [path.stem for path in (ROOT / "docs").rglob("*.md")]
    starts = tuple((s[:3] if re.match(r"q\d\d-", s) else s.replace("-", "_")) + "_" for s in pages)
    rooms = [path.parent for path in (PACKAGE / "practice").glob("*/__init__.py")]
    named = [*rooms, *(ROOT / "snippets").rglob("*.py")]
    orphans = [p.relative_to(ROOT).as_posix() for p in named if not f"{p.stem}_".startswith(starts)]
    assert not orphans, f"no page has these: name them after a page, or remove: {orphans}"


def folders(floor):
    """A floor's folder and the packages in it, from src/whiteboard."""
    found = [PACKAGE / floor, *(path.parent for path in (PACKAGE / floor).glob("*/__init__.py"))]
    return [path.relative_to(PACKAGE) for path in found]


MIRRORED = [
    floor for floor in LIBRARY if floor not in {"data", "figures", "lm", "encoder", "training"}
]


@pytest.mark.parametrize("floor", MIRRORED)
def test_a_floor_mirrors_its_tests(floor):
    for folder in folders(floor):
        modules = {p.stem for p in (PACKAGE / folder).glob("[!_]*.py")}
        tests = (ROOT / "tests" / folder).glob("test_*.py")
        tests = {p.stem.removeprefix("test_") for p in tests}
        lonely = f"without a test: {modules - tests}; of nothing: {tests - modules}"
        assert modules == tests, f"{folder}: {lonely}"


def reached(names):
    """The modules of the package that importing those names runs, directly or through others."""
    known = {name_of(path): path for path in MODULES}
    found, todo = set(), [name for name in names if name in known]
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += [imported for imported in imports_of(known[name]) if imported in known]
    return found


def test_every_module_is_reached_by_a_test():
    text = "".join(p.read_text("utf8") for p in (ROOT / "tests").rglob("*.py"))
    found = reached(set(re.findall(r"whiteboard(?:\.\w+)+", text)) | set(imported_by_tests()))
    practice = {name_of(p) for p in (PACKAGE / "practice").glob("q[0-9]*/__init__.py")}
    every = {name_of(p) for p in MODULES if not p.name.startswith("__")}
    assert not every - found - reached(practice), f"no test: {every - found - reached(practice)}"


def imported_by_tests():
    for path in (ROOT / "tests").rglob("*.py"):
        yield from imports_of(path)


def committed():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name]


# In pieces, so that this file names none of them.
HOSTS = ["pypi" + ".org", "python" + "hosted.org", "registry" + ".npmjs", "conda" + ".anaconda"]
PLACES = re.compile(r"(?<![\w.:/-])/(?:" + "|".join(["work", "root", "home", "Users"]) + r")/\w")
VENDORED = ("vendor/", "data/python_topics.json", "assets/")


def test_no_committed_file_names_a_registry_or_a_path_of_one_machine():
    found = []
    for path in committed():
        if any(part in path.as_posix() for part in VENDORED) or not path.is_file():
            continue
        text = path.read_bytes().decode("utf8", "ignore")
        if (place := PLACES.search(text)) or (host := next((h for h in HOSTS if h in text), "")):
            found.append(f"{path.relative_to(ROOT)}: {place[0] if place else host}")
    assert not found, "\n".join(found)


def test_the_pattern_of_places_bites():
    assert PLACES.search("in " + "/ro" + "ot/x")
    assert PLACES.search('"' + "/ho" + "me/me/x")
    assert not PLACES.search("https://example.org" + "/ho" + "me/x and docs" + "/wo" + "rk/x")


@pytest.mark.parametrize(
    "lock", sorted((ROOT / "requirements").glob("*.txt")), ids=lambda p: p.name
)
def test_a_lock_has_hashes_and_names_no_host(lock):
    entries = re.sub(r"\\\n", " ", lock.read_text("utf8")).splitlines()
    entries = [entry for entry in entries if entry.strip() and not entry.startswith("#")]
    assert entries
    for entry in entries:
        assert re.match(r"[\w.\[\],-]+==\S+", entry), entry
        assert "--hash=sha256:" in entry, entry
        assert "://" not in entry, entry
        assert " @ " not in entry, entry
