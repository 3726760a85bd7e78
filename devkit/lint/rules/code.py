# SPDX-License-Identifier: Apache-2.0
"""The Python of a code node: it parses, and `main` takes what the node gives it."""

import ast
import warnings
from collections.abc import Iterator

from devkit.lint.canvas import Node
from devkit.lint.finding import Problem
from devkit.lint.nearest import did_you_mean
from devkit.lint.reading import mapping, records, text
from devkit.lint.rules.rule import Subject


def code(subject: Subject) -> Iterator[Problem]:
    """Dify calls `main` with the node's variables by name, and takes the declared outputs from its answer."""
    for node in subject.of_kind("code"):
        if node.data.get("code_language") == "python3":
            yield from _python(node)


def _python(node: Node) -> Iterator[Problem]:
    where = node.at("code")
    try:
        with warnings.catch_warnings(action="ignore"):
            tree = ast.parse(text(node.data.get("code")))
    except (SyntaxError, ValueError, RecursionError) as error:
        yield Problem(where, f"the code does not parse: {error}", "mend it")
        return
    main = next(
        (part for part in tree.body if isinstance(part, ast.FunctionDef) and part.name == "main"), None
    )
    if main is None:
        yield Problem(where, "the code has no function main", "add `def main(…) -> dict`")
        return
    given = {text(one.get("variable")) for _, one in records(node.data.get("variables"), ())} - {""}
    yield from _arguments(node, main, given)
    yield from _answers(node, main)


def _arguments(node: Node, main: ast.FunctionDef, given: set[str]) -> Iterator[Problem]:
    named = [one.arg for one in (*main.args.posonlyargs, *main.args.args, *main.args.kwonlyargs)]
    optional = len(main.args.defaults) + sum(one is not None for one in main.args.kw_defaults)
    needed = set(named[: len(named) - optional] if optional else named)
    for name in sorted(needed - given):
        yield Problem(
            node.at("code"),
            f"main takes {name!r}, which the node does not give it",
            did_you_mean(name, given),
        )
    if main.args.kwarg is None:
        for name in sorted(given - set(named)):
            yield Problem(
                node.at("variables"), f"main does not take {name!r}", did_you_mean(name, named, "argument")
            )


def _answers(node: Node, main: ast.FunctionDef) -> Iterator[Problem]:
    """Only where every return is a plain dict: the declared outputs are its keys."""
    returns = [part.value for part in ast.walk(main) if isinstance(part, ast.Return)]
    keys: set[str] = set()
    for value in returns:
        if not isinstance(value, ast.Dict) or not all(isinstance(key, ast.Constant) for key in value.keys):
            return
        keys |= {str(key.value) for key in value.keys if isinstance(key, ast.Constant)}
    for name in mapping(node.data.get("outputs")):
        if returns and name not in keys:
            yield Problem(
                node.at("outputs", name), f"main never returns {name!r}", did_you_mean(name, keys, "key")
            )
