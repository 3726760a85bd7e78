# SPDX-License-Identifier: Apache-2.0
"""Misspelt names in the Python of code nodes, which fail only when a run gets there."""

import ast
import difflib
import importlib
import json
import warnings
from collections.abc import Iterator

from devkit.lint.canvas import Node
from devkit.lint.finding import Problem
from devkit.lint.nearest import did_you_mean
from devkit.lint.reading import mapping, records, text
from devkit.lint.rules.rule import Subject

# Modules of the standard library that may be looked into: importing them does nothing else.
_KNOWN = frozenset(
    {"base64", "collections", "datetime", "decimal", "functools", "hashlib", "html", "itertools", "json", "math",
     "random", "re", "statistics", "string", "textwrap", "time", "typing", "urllib", "urllib.parse", "uuid"}
)  # fmt: skip
_TYPES = (
    str,
    bytes,
    bytearray,
    int,
    float,
    complex,
    list,
    tuple,
    dict,
    set,
    frozenset,
    BaseException,
    type,
    object,
)
_ALIKE = 0.8  # one letter more, less or other, in a word of five or more


def attributes(subject: Subject) -> Iterator[Problem]:
    """Code reads attributes that Python's types or the imported modules have."""
    for node, tree in _trees(subject):
        known = _known_attributes(tree)
        if known is None:
            continue
        for part in ast.walk(tree):
            if isinstance(part, ast.Attribute) and part.attr not in known:
                what = f"line {part.lineno} of the code reads .{part.attr}, which nothing there has"
                yield Problem(node.at("code"), what, did_you_mean(part.attr, _public(known), "name"))


def slips(subject: Subject) -> Iterator[Problem]:
    """No key in code is a misspelt output, and no variable is set and never read."""
    for node, tree in _trees(subject):
        names = {*mapping(node.data.get("outputs"))}
        names |= {text(one.get("variable")) for _, one in records(node.data.get("variables"), ())} - {""}
        for line, key in sorted(_keys(tree)):
            near = difflib.get_close_matches(key, names, n=1, cutoff=_ALIKE)
            if near and key not in names:
                what = f"line {line} of the code looks for {key!r}"
                yield Problem(node.at("code"), what, f"did you mean {near[0]!r}?")
        read = {
            part.id
            for part in ast.walk(tree)
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)
        }
        for part in ast.walk(tree):
            if isinstance(part, ast.Assign | ast.AnnAssign | ast.AugAssign):
                yield from _unread(node, part, read)


def _trees(subject: Subject) -> Iterator[tuple[Node, ast.Module]]:
    for node in subject.of_kind("code"):
        if node.data.get("code_language") == "python3":
            try:
                with warnings.catch_warnings(action="ignore"):
                    yield node, ast.parse(text(node.data.get("code")))
            except (SyntaxError, ValueError, RecursionError):
                continue  # the rule `code` says so


def _known_attributes(tree: ast.Module) -> set[str] | None:
    """Every attribute that something in the code can have; None where it uses a module that is not looked into."""
    known = {name for one in (*_TYPES, json) for name in dir(one)}
    for part in ast.walk(tree):
        match part:
            case ast.Import(names=names):
                modules = [alias.name for alias in names]
            case ast.ImportFrom(module=str(module)):
                modules = [module]
            case ast.ClassDef():
                return None  # what an object of it has is more than can be read off
            case _:
                continue
        if not set(modules) <= _KNOWN:
            return None
        for loaded in map(importlib.import_module, modules):
            known |= {*dir(loaded)} | {name for one in vars(loaded).values() for name in dir(one)}
    return known


def _public(names: set[str]) -> list[str]:
    return [name for name in names if not name.startswith("_")]


def _keys(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The texts that stand as a key: `x["key"]` and `x.get("key")`."""
    for part in ast.walk(tree):
        match part:
            case ast.Subscript(slice=ast.Constant(value=str(key))):
                yield part.lineno, key
            case ast.Call(func=ast.Attribute(attr="get" | "pop"), args=[ast.Constant(value=str(key)), *_]):
                yield part.lineno, key


def _unread(
    node: Node, part: ast.Assign | ast.AnnAssign | ast.AugAssign, read: set[str]
) -> Iterator[Problem]:
    targets = part.targets if isinstance(part, ast.Assign) else [part.target]
    for target in targets:
        if isinstance(target, ast.Name) and target.id not in read and not target.id.startswith("_"):
            what = f"line {part.lineno} of the code sets {target.id!r}, which nothing reads"
            yield Problem(node.at("code"), what, did_you_mean(target.id, read, "name"))
