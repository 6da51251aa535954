"""Public functions say what they do, and the shapes that they take and give."""

import ast
import re

import pytest
from source_tree import HERE, LIBRARY, arguments_of, public_functions


def shape_problems(node):
    arguments = arguments_of(node)
    for argument in arguments:
        if argument.annotation is None:
            yield f"annotate {argument.arg}"
    if node.returns is None:
        yield "annotate what it returns"
    for annotation in [*(a.annotation for a in arguments), node.returns]:
        if annotation and has_bare_array(written := ast.unparse(annotation)):
            yield f'{written} has no shape: Float[Array, "batch time"], or Shaped[Array, "..."]'


ARRAY = r"(?:jax\.|np\.)?(?:Array|ndarray)"
# Arrays by name, and what a function given as an argument returns, have no one shape.
SHAPED = re.compile(
    rf"\w+\[{ARRAY}, [^\]]*\]|(?:Mapping|dict)\[str, {ARRAY}\]|Callable\[\.\.\., {ARRAY}\]"
)


def has_bare_array(annotation):
    return bool(re.search(r"\b(?:Array|ndarray)\b", SHAPED.sub("", annotation)))


def problems(project, floor):
    """Missing docstrings, and what is not annotated or has no shape."""
    for path in project.on(floor):
        for node, documented in public_functions(path):
            if not any(ast.get_docstring(place) for place in documented):
                yield f"{project.where(path, node)}: write a docstring"
            for problem in shape_problems(node):
                yield f"{project.where(path, node)}: {problem}"


@pytest.mark.parametrize("floor", LIBRARY)
def test_public_functions_say_what_they_do_and_the_shapes(floor):
    wrong = list(problems(HERE, floor))
    assert not wrong, "\n".join(wrong)


PLANTED = '''\
def silent(x: Float[Array, "time"]) -> int: ...

def bare(x: Array, y: Float[Array, "time"], z) -> jax.Array:
    """Says what it does."""

class Layer:
    """Says what its call does."""

    def __call__(self, x: Float[Array, "time"]) -> Float[Array, "time"]: ...

    def _private(self, x): ...

def mapped(x: Mapping[str, Array], f: Callable[..., Array]) -> dict[str, np.ndarray]:
    """Says what it does."""
'''


@pytest.mark.parametrize("floor", LIBRARY)
def test_a_missing_docstring_and_a_missing_shape_are_seen_on_each_floor(plant, floor):
    place = f"src/whiteboard/{floor}/deep/planted.py"
    found = list(problems(plant(**{place: PLANTED}), floor))
    assert [problem.removeprefix(f"{place}:").split(" has no")[0] for problem in found] == [
        "1: silent: write a docstring",
        "3: bare: annotate z",
        "3: bare: Array",
        "3: bare: jax.Array",
    ]
