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
      ValueError: the signature uses a name that the function's module does not have.
    """
    source = textwrap.dedent(inspect.getsource(inspect.unwrap(right)))
    definition = ast.parse(source).body[0]
    if not isinstance(definition, ast.FunctionDef):
        raise ValueError(f"wanted a function for an exercise, got {type(definition).__name__}")
    header = ast.unparse(_imports(right, definition))
    signature = _signature(definition, lambda node: ast.get_source_segment(source, node) or "")
    body = f"{signature}\n{_docstring(right)}\n    raise NotImplementedError\n"
    return f"{header}\n\n\n{body}" if header else body


def _signature(function: ast.FunctionDef, written: Callable[[ast.AST], str]) -> str:
    """``def f(...) -> ...:``, one argument a line when it is longer than a line."""
    returns = f" -> {written(function.returns)}" if function.returns else ""
    arguments = _arguments(function.args, written)
    line = f"def {function.name}({', '.join(arguments)}){returns}:"
    if len(line) <= 100:
        return line
    listed = "".join(f"    {argument},\n" for argument in arguments)
    return f"def {function.name}(\n{listed}){returns}:"


def _arguments(args: ast.arguments, written: Callable[[ast.AST], str]) -> list[str]:
    def one(argument: ast.arg, default: ast.expr | None) -> str:
        return written(argument) + (f" = {written(default)}" if default is not None else "")

    positional = [*args.posonlyargs, *args.args]
    defaults = [None] * (len(positional) - len(args.defaults)) + list(args.defaults)
    items = [one(a, d) for a, d in zip(positional, defaults, strict=True)]
    if args.posonlyargs:
        items.insert(len(args.posonlyargs), "/")
    if args.vararg or args.kwonlyargs:
        items.append(f"*{written(args.vararg)}" if args.vararg else "*")
    items += [one(a, d) for a, d in zip(args.kwonlyargs, args.kw_defaults, strict=True)]
    return items + ([f"**{written(args.kwarg)}"] if args.kwarg else [])


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
        elif isinstance(node, ast.ClassDef) and node.name in wanted:
            home = inspect.unwrap(function).__module__
            found.append(ast.ImportFrom(home, [ast.alias(node.name)], 0))
            wanted.remove(node.name)
    if wanted:
        raise ValueError(f"the stub of {definition.name} cannot import {sorted(wanted)}")
    return ast.Module(body=found, type_ignores=[])
