"""The file a reader starts from, derived from the right implementation so that it cannot drift."""

from __future__ import annotations

import ast
import builtins
import inspect
import sys
import textwrap
from collections.abc import Callable
from typing import Any

_ALWAYS = {"jax", "jnp", "np"}


def stub(right: Callable[..., Any]) -> str:
    """The imports, signature and docstring of a function, without its body.

    Raises:
      ValueError: the signature uses a name that the function's module does not import.
    """
    definition = _definition(right)
    header = ast.unparse(_imports(right, definition))
    body = f"{_signature(definition)}\n{_docstring(right)}\n    raise NotImplementedError\n"
    return f"{header}\n\n\n{body}" if header else body


def _definition(function: Callable[..., Any]) -> ast.FunctionDef:
    source = textwrap.dedent(inspect.getsource(inspect.unwrap(function)))
    node = ast.parse(source).body[0]
    if not isinstance(node, ast.FunctionDef):
        raise ValueError(f"wanted a function for an exercise, got {type(node).__name__}")
    return node


def _signature(function: ast.FunctionDef) -> str:
    """``def f(...) -> ...:``, one argument a line when it is longer than a line."""
    returns = f" -> {ast.unparse(function.returns)}" if function.returns else ""
    arguments = _arguments(function.args)
    line = f"def {function.name}({', '.join(arguments)}){returns}:"
    if len(line) <= 100:
        return line
    listed = "".join(f"    {argument},\n" for argument in arguments)
    return f"def {function.name}(\n{listed}){returns}:"


def _arguments(args: ast.arguments) -> list[str]:
    positional = [*args.posonlyargs, *args.args]
    defaults = [None] * (len(positional) - len(args.defaults)) + list(args.defaults)
    items = [_argument(a, d) for a, d in zip(positional, defaults, strict=True)]
    if args.posonlyargs:
        items.insert(len(args.posonlyargs), "/")
    if args.vararg or args.kwonlyargs:
        items.append(f"*{ast.unparse(args.vararg)}" if args.vararg else "*")
    items += [_argument(a, d) for a, d in zip(args.kwonlyargs, args.kw_defaults, strict=True)]
    return items + ([f"**{ast.unparse(args.kwarg)}"] if args.kwarg else [])


def _argument(argument: ast.arg, default: ast.expr | None) -> str:
    return ast.unparse(argument) + (f" = {ast.unparse(default)}" if default is not None else "")


def _docstring(function: Callable[..., Any]) -> str:
    text = inspect.getdoc(function) or ""
    closing = "\n" if "\n" in text else ""
    quoted = '"""' + text + closing + '"""'
    if "\\" in text:
        quoted = "r" + quoted
    return textwrap.indent(quoted, "    ", lambda line: bool(line.strip()))


def _imports(function: Callable[..., Any], definition: ast.FunctionDef) -> ast.Module:
    """The imports that the signature needs, and jax with jax.numpy, which any answer needs."""
    in_signature = [definition.args, *([definition.returns] if definition.returns else [])]
    wanted = {n.id for part in in_signature for n in ast.walk(part) if isinstance(n, ast.Name)}
    wanted -= set(dir(builtins))
    module = ast.parse(inspect.getsource(sys.modules[inspect.unwrap(function).__module__]))
    found: list[ast.stmt] = []
    for node in module.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [
                a for a in node.names if (a.asname or a.name.split(".")[0]) in wanted | _ALWAYS
            ]
            node.names = names
            wanted -= {a.asname or a.name.split(".")[0] for a in names}
            found += [node] if names else []
    if wanted:
        raise ValueError(f"the stub of {definition.name} cannot import {sorted(wanted)}")
    return ast.Module(body=found, type_ignores=[])
