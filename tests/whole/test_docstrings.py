"""Docstrings of public functions have Google's sections, and fields are Attributes."""

import ast
import re

import pytest
from source_tree import (
    HERE,
    LIBRARY,
    arguments_of,
    classes_of,
    is_dataclass,
    public_functions,
)


def problems(project, floor):
    """What is wrong with the sections of a floor's docstrings."""
    for path in project.on(floor):
        for node, documented in public_functions(path):
            docstring = next(filter(None, map(ast.get_docstring, documented)), "")
            for problem in section_problems(node, docstring):
                yield f"{project.where(path, node)}: {problem}"
        for node in classes_of(path):
            if documents_fields_as_arguments(node):
                yield f"{project.where(path, node)}: head its fields with Attributes"


@pytest.mark.parametrize("floor", LIBRARY)
def test_public_functions_have_google_sections(floor):
    wrong = list(problems(HERE, floor))
    assert not wrong, "\n".join(wrong)


def documents_fields_as_arguments(node):
    """Whether a class that only holds data has Args, where its fields are Attributes."""
    data = is_dataclass(node) or "NamedTuple" in map(ast.unparse, node.bases)
    return data and "Args" in sections_of(ast.get_docstring(node) or "")


@pytest.mark.parametrize(("base", "data"), [("NamedTuple", True), ("nnx.Module", False)])
def test_fields_called_arguments_are_seen(base, data):
    (node,) = ast.parse(f"class C({base}):\n  'C.\\n\\nArgs:\\n    x: an axis.'").body
    assert documents_fields_as_arguments(node) == data


def sections_of(docstring):
    """What stands under each heading of a docstring; first, what stands beside the heading."""
    found, lines = {}, []
    for line in docstring.splitlines():
        if heading := re.match(r"(Args|Returns|Yields|Raises):(.*)", line):
            found[heading[1]] = lines = [heading[2]]
        elif line and not line.startswith(" "):
            lines = []
        else:
            lines.append(line)
    return found


def section_problems(node, docstring):
    """What is wrong with the sections; two arguments or more need Args, and Returns or Yields."""
    sections = sections_of(docstring)
    if "``" in docstring:
        yield "write `code`, not ``code``"
    for name, (beside, *lines) in sections.items():
        if beside or not re.match(r" {4}\S", "".join(lines[:1])):
            yield f"{name}: begin under the heading, indented by 4"
    wanted = [argument.arg for argument in arguments_of(node)]
    wanted += [f"*{extra.arg}" for extra in [node.args.vararg] if extra]
    wanted += [f"**{extra.arg}" for extra in [node.args.kwarg] if extra]
    if len(wanted) < 2:
        return
    listed = re.findall(r"(?m)^ {4}(\*{0,2}\w+): \S", "\n".join(sections.get("Args", [])))
    if sorted(listed) != sorted(wanted):
        yield f"Args: name {', '.join(wanted)}; got {', '.join(listed) or 'nothing'}"
    generator = any(isinstance(inner, ast.Yield | ast.YieldFrom) for inner in ast.walk(node))
    result = "Yields" if generator else "Returns"
    if result not in sections and (ast.unparse(node.returns) if node.returns else "") not in (
        "None",
        "NoReturn",
    ):
        yield f"{result}: say what comes out"


GOOD_SECTIONS = """Scores.

Args:
    query: what is asked,
        in words: any.
    *texts: what is searched.

Returns:
    One score a text.

Raises:
    ValueError: no text.

Source: none.
"""


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("", "", None),
        ("    *texts: what is searched.\n", "", "Args: name query, *texts; got query"),
        ("*texts", "text", "Args: name query, *texts; got query, text"),
        ("Args:", "Arguments:", "Args: name query, *texts; got nothing"),
        ("Returns:\n    One score a text.\n", "", "Returns: say what comes out"),
        ("Returns:\n    One", "Returns: one", "Returns: begin under the heading, indented by 4"),
        ("    ValueError", "  ValueError", "Raises: begin under the heading, indented by 4"),
        ("Scores.", "Scores ``x``.", "write `code`, not ``code``"),
    ],
)
def test_a_wrong_section_is_seen(old, new, problem):
    (node,) = ast.parse("def f(self, query: str, *texts: str) -> Scores: ...").body
    found = list(section_problems(node, GOOD_SECTIONS.replace(old, new) if old else GOOD_SECTIONS))
    assert found == ([problem] if problem else [])


def test_sections_follow_what_comes_out():
    (nothing,) = ast.parse("def f(a: int, b: int) -> None: ...").body
    (generator,) = ast.parse("def f(a: int, b: int) -> Iterator[int]:\n    yield a").body
    text = "Sum.\n\nArgs:\n    a: first.\n    b: second.\n"
    assert not list(section_problems(nothing, text))
    assert list(section_problems(generator, text)) == ["Yields: say what comes out"]
    assert not list(section_problems(generator, text + "\nYields:\n    Numbers.\n"))


@pytest.mark.parametrize("floor", LIBRARY)
def test_wrong_sections_are_seen_on_each_floor(plant, floor):
    place = f"src/whiteboard/{floor}/planted.py"
    text = 'def f(a: int, b: int) -> None:\n    """Sum."""\n'
    text += 'class C(NamedTuple):\n    """C.\n\n    Args:\n        x: an axis.\n    """\n'
    assert list(problems(plant(**{place: text}), floor)) == [
        f"{place}:1: f: Args: name a, b; got nothing",
        f"{place}:3: C: head its fields with Attributes",
    ]
