# SPDX-License-Identifier: Apache-2.0
"""A YAML text with its document as Dify reads it, and the line and column of every part of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from approvals.errors import shown
from devkit.lint.finding import Path, Problem

MAX_BYTES = 10 * 1024 * 1024  # Dify refuses a larger file
MAX_PARTS = 500_000  # after aliases are followed; a larger document is an alias bomb, not a workflow
MAX_DEPTH = 120

# PyYAML's messages about a syntax error name its own tokens; what the author of the file can do about each of them.
_REMEDIES = (
    ("'\\t'", "replace the tab by spaces"),
    ("mapping values are not allowed", "put a value that holds ': ' into quotes, and check the indentation"),
    ("could not find expected ':'", "check that each key ends with ': ' and that a long text is indented"),
    ("expected <block end>", "check the indentation of this line, or put the whole value into quotes"),
    ("expected ',' or", "close the bracket, or put a comma between its parts"),
    ("unexpected end of stream", "close the quotation mark or the bracket that is still open"),
    ("undefined alias", "write the value itself, or put a text that begins with * into quotes"),
    ("could not determine a constructor", "put a text that begins with ! into quotes"),
    ("special characters are not allowed", "remove the control character"),
    ("cannot start any token", "put the value into quotes"),
    ("expected a single document", "remove what follows the line ---"),
)


class SourceError(ValueError):
    """The text is no YAML document. `line` and `column` count from 1."""

    def __init__(self, what: str, remedy: str, line: int = 1, column: int = 1) -> None:
        super().__init__(what)
        self.what, self.remedy, self.line, self.column = what, remedy, line, column


@dataclass(frozen=True, slots=True, repr=False)
class Source:
    """What a text says, and where."""

    document: Any
    root: yaml.Node | None

    def place(self, path: Path) -> tuple[int, int]:
        """Line and column of a part, or of the nearest part around it. The key, for what spans lines."""
        node, mark = self.root, self.root.start_mark if self.root else None
        for step in path:
            key, node = _child(node, step)
            if node is None:
                break
            mark = node.start_mark if key is None or isinstance(node, yaml.ScalarNode) else key.start_mark
        return (mark.line + 1, mark.column + 1) if mark else (1, 1)

    def doubled_keys(self) -> Iterator[Problem]:
        """Keys that one mapping has twice; YAML keeps the last without a message."""
        yield from _doubled(self.root, (), set()) if self.root else ()


def read_source(content: bytes) -> Source:
    """Parse a file as Dify does. Raises SourceError for anything that is not one YAML document of a sensible size."""
    if len(content) > MAX_BYTES:
        raise SourceError(f"the file has {len(content):,} bytes", f"Dify takes {MAX_BYTES:,} at most")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise SourceError(f"byte {error.start} is not UTF-8", "save the file as UTF-8", line) from None
    try:
        return _parsed(text)
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(error) from None
    except yaml.reader.ReaderError as error:
        raise _character_error(text, error) from None
    except RecursionError:
        raise SourceError("the document is nested too deeply", "flatten it") from None


class _Loader(yaml.SafeLoader):
    """PyYAML's parser in Python, which Dify reads files with. The one in C takes other files, if few.

    It is some eight times slower: 0.16 s for the largest file that we ship, the whole check 0.3 s.
    """

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:  # noqa: FBT001, FBT002 - PyYAML's signature
        try:
            return super().construct_object(node, deep)
        except (ValueError, OverflowError, TypeError, AttributeError, LookupError) as error:
            if isinstance(error, SourceError):
                raise
            mark, kind = node.start_mark, node.tag.rpartition(":")[2]
            what = f"not YAML: {shown(node.value)} is not a valid {kind}"
            remedy = "correct it, or put it into quotes if it is a text"
            raise SourceError(what, remedy, mark.line + 1, mark.column + 1) from None


def _syntax_error(error: yaml.MarkedYAMLError) -> SourceError:
    said = error.problem or error.context or "the syntax is wrong"
    if error.context and said.startswith("but "):
        said = f"{error.context}, {said}"
    remedy = next((remedy for part, remedy in _REMEDIES if part in said), "correct the syntax")
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return SourceError(f"not YAML: {said}", remedy, line, column)


def _character_error(text: str, error: yaml.reader.ReaderError) -> SourceError:
    before = text[: error.position]
    what = f"not YAML: the character U+{error.character:04X} is not allowed"
    return SourceError(what, "remove it", before.count("\n") + 1, len(before) - before.rfind("\n"))


def _parsed(text: str) -> Source:
    loader = _Loader(text)
    try:
        root = _composed(loader)
        if root is None:
            return Source(None, None)
        _count(root, {}, 0)
        return Source(loader.construct_document(root), root)
    finally:
        loader.dispose()


def _composed(loader: _Loader) -> yaml.Node | None:
    try:
        return loader.get_single_node()
    except (ValueError, OverflowError) as error:  # a number in an escape or a directive that is out of range
        mark = loader.get_mark()
        raise SourceError(
            f"not YAML: {error}", "write the character itself", mark.line + 1, mark.column + 1
        ) from None


def _count(node: yaml.Node, known: dict[int, int], depth: int) -> int:
    """How many parts the node has when every alias is followed. Raises SourceError for what has no end."""
    seen = known.get(id(node))
    if seen == 0 or depth > MAX_DEPTH:
        mark = node.start_mark
        raise SourceError(
            "an alias leads back into its own anchor, or the document is nested too deeply",
            "write it out", mark.line + 1, mark.column + 1,
        )  # fmt: skip
    if seen is not None:
        return seen
    known[id(node)] = 0
    parts = 1 + sum(_count(child, known, depth + 1) for child in _children(node))
    if parts > MAX_PARTS:
        raise SourceError(f"aliases make more than {MAX_PARTS:,} parts", "write it without nested aliases")
    known[id(node)] = parts
    return parts


def _children(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield key
            yield value
    elif isinstance(node, yaml.SequenceNode):
        yield from node.value


def _child(node: yaml.Node | None, step: str | int) -> tuple[yaml.Node | None, yaml.Node | None]:
    """The key and the value that a step of a path leads to."""
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return None, node.value[step]
    if isinstance(node, yaml.MappingNode):
        for key, value in reversed(node.value):
            if isinstance(key, yaml.ScalarNode) and key.value == str(step):
                return key, value
    return None, None


def _doubled(node: yaml.Node, path: Path, seen: set[int]) -> Iterator[Problem]:
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            yield from _doubled(item, (*path, number), seen)
    elif isinstance(node, yaml.MappingNode):
        names: set[str] = set()
        for key, value in node.value:
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else ""
            if name in names and name != "<<":
                yield Problem((*path, name), f"the key {name!r} stands here twice", "remove one of the two")
            names.add(name)
            yield from _doubled(value, (*path, name), seen)
