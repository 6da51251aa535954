"""YAML as the site reads it: the numbers keep the digits they were written with.

YAML 1.1 takes `no` for a boolean, `1e-5` for a string and `0.50` for 0.5. Here a boolean is `true`
or `false`, a number is an int or a float, and `digits(value)` gives back what was written.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import yaml

_INT = re.compile(r"[-+]?[0-9]+$")
_FLOAT = re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?$")
_TAG = "tag:yaml.org,2002:"


class FrontMatterError(ValueError):
    """Front matter that is missing or is not YAML; the message says what to write."""


class WrittenInt(int):
    """An int that remembers how it was written."""

    text: str


class WrittenFloat(float):
    """A float that remembers how it was written."""

    text: str


def digits(value: Any) -> str:
    """The number as the page shows it (`0.50`, not 0.5)."""
    return getattr(value, "text", None) or repr(value)


def parse_yaml(text: str) -> Any:
    """Parse one YAML document. Raises FrontMatterError, with the line, on bad YAML."""
    try:
        return yaml.load(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise FrontMatterError(f"YAML line {line}: {error.problem}") from None


@lru_cache(maxsize=512)
def split(text: str) -> tuple[dict[str, Any], str, int]:
    """The front matter of a page, its body, and the line at which the body starts.

    A page is read many times in one build, and parsed once: nobody may change what it returns.
    """
    match = re.match(r"---\n(.*?\n)---\n", text, re.DOTALL)
    if not match:
        raise FrontMatterError("start the page with front matter between two lines of ---")
    meta = parse_yaml(match[1])
    if not isinstance(meta, dict):
        raise FrontMatterError("front matter: wanted `key: value` lines")
    return meta, text[match.end() :], match[0].count("\n") + 1


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """SafeLoader, in C where PyYAML has it, with YAML 1.2's idea of booleans and numbers.

    It refuses repeated keys.
    """

    yaml_implicit_resolvers: dict[str, list[Any]] = {}  # noqa: RUF012  (PyYAML's own class field)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                mark = key.start_mark
                raise yaml.constructor.ConstructorError(
                    None, None, f"key `{key.value}` stands twice", mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def _written(kind: type[WrittenInt] | type[WrittenFloat]) -> Any:
    def construct(loader: _Loader, node: yaml.ScalarNode) -> WrittenInt | WrittenFloat:
        value = kind(node.value)
        value.text = node.value
        return value

    return construct


_Loader.add_implicit_resolver(_TAG + "bool", re.compile(r"(?:true|false)$"), list("tf"))
_Loader.add_implicit_resolver(_TAG + "null", re.compile(r"(?:null|~|)$"), ["n", "~", ""])
_Loader.add_implicit_resolver(_TAG + "float", _FLOAT, list("-+.0123456789"))
_Loader.add_implicit_resolver(_TAG + "int", _INT, list("-+0123456789"))
_Loader.add_constructor(_TAG + "int", _written(WrittenInt))
_Loader.add_constructor(_TAG + "float", _written(WrittenFloat))
