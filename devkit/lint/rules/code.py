# SPDX-License-Identifier: Apache-2.0
"""The Python of code nodes: syntax, the arguments of `main` and its results."""

import ast
import builtins
import warnings
from collections.abc import Iterator

from devkit.lint.canvas import Node
from devkit.lint.finding import Problem
from devkit.lint.nearest import did_you_mean
from devkit.lint.reading import mapping, records, text
from devkit.lint.rules.rule import Subject

# Dify puts its own lines below the code, so what they import is there by the time main runs.
_BUILTINS = frozenset({*dir(builtins), "__name__", "__file__", "json", "b64decode"})


def code(subject: Subject) -> Iterator[Problem]:
    """The `main` function of a code node takes the node's variables and returns its outputs."""
    for node in subject.of_kind("code"):
        if node.data.get("code_language") == "python3":
            yield from _python(node)


def _python(node: Node) -> Iterator[Problem]:
    where = node.at("code")
    try:
        with warnings.catch_warnings(action="ignore"):
            tree = ast.parse(text(node.data.get("code")))
    except (SyntaxError, ValueError, RecursionError) as error:
        yield Problem(where, f"the code does not parse: {error}", "correct the syntax")
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
    yield from _names(node, tree)


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


def _names(node: Node, tree: ast.Module) -> Iterator[Problem]:
    """A name that nothing in the code makes, and Python does not have, stops the node when it gets there."""
    made = {name for part in ast.walk(tree) for name in _made(part)}
    for part in ast.walk(tree):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load) and part.id not in made | _BUILTINS:
            what = f"line {part.lineno} of the code reads {part.id!r}, which nothing makes"
            yield Problem(node.at("code"), what, did_you_mean(part.id, made | _BUILTINS, "name"))


def _made(part: ast.AST) -> Iterator[str]:
    """The names that a piece of code makes."""
    match part:
        case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name) | ast.FunctionDef(name=name):
            yield name
        case ast.ClassDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ExceptHandler(name=str(name)):
            yield name
        case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
            yield name
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in names)
