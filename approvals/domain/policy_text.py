# SPDX-License-Identifier: Apache-2.0
"""Reads the text of a policy, YAML or JSON, into plain data, and remembers the line of every value.

YAML reads some numbers as nobody means them (0500 is 320, 1:30 is 90). Those are refused with what they would have
meant; so are repeated keys, aliases and tags. Dates stay text.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, NamedTuple

import yaml

from approvals.domain.policy_types import WrittenFloat
from approvals.errors import ApprovalError, ErrorCode, shown

TEXT_LIMIT: Final = 100_000  # characters; a policy of a thousand rules is shorter
_LONGEST_NUMBER: Final = 40
_LARGEST: Final = 2**53 - 1  # that every reader of JSON keeps exactly

type Path = tuple[str | int, ...]

_AS_IT_LOOKS: Final = re.compile(
    r"[-+]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
_SCIENTIFIC: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]*)(?:\.[0-9]*)?[eE][-+]?[0-9]{1,3}")
_KINDS: Final = (
    (re.compile(r"[-+]?0b[01_]+"), "binary"),
    (re.compile(r"[-+]?0x[0-9a-fA-F_]+"), "hexadecimal"),
    (re.compile(r"[-+]?0[0-7_]+"), "octal"),
    (re.compile(r".{0,99}:.{0,99}"), "sixties, as minutes and seconds are"),
    (re.compile(r".{0,99}_.{0,99}"), "digits in groups"),
)
_BOOLEANS: Final = {
    **dict.fromkeys(("yes", "true", "on"), True),
    **dict.fromkeys(("no", "false", "off"), False),
}
_TAG: Final = "tag:yaml.org,2002:"
# What PyYAML says of a slip, and what a person can do about it.
_SLIPS: Final = (
    ("mapping values are not allowed", "a second ': ' in one line; put the text in quotes"),
    (
        "expected <block end>",
        "this line is indented otherwise than what it belongs to, or a quote or bracket is open",
    ),
    ("'\\t' that cannot start", "a tab stands here; use spaces"),
    ("cannot start any token", "this character cannot begin a value; indent with spaces, put text in quotes"),
    ("could not find expected ':'", "a key without ': ' behind it"),
    ("expected ',' or", "a comma or the closing bracket is missing"),
    ("unexpected end of stream", "a quote or bracket is opened and never closed"),
    ("expected the node content", "a value is missing here"),
    ("expected a single document", "'---' begins a second document; give one policy"),
)


class Written(NamedTuple):
    """Where a value stands, and how it is written if it is a number or a word."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class PolicyText:
    """The data in a text. `written` is empty for JSON in one line."""

    document: object
    written: Mapping[Path, Written] = field(default_factory=dict)


def parse(text: str) -> PolicyText:
    """The data in `text`. Raises `bad_policy` with the line and what to do."""
    if len(text) > TEXT_LIMIT:
        raise bad_policy(f"the policy has {len(text):,} characters; at most {TEXT_LIMIT:,} are read")
    if text.lstrip().startswith("{"):
        try:
            return PolicyText(_json(text), _lines(text))
        except (ValueError, RecursionError):
            pass  # YAML's own braces, or a slip that YAML's reader names with its line
    return _yaml(text)


def bad_policy(message: str) -> ApprovalError:
    """The error of a policy that is refused."""
    return ApprovalError(ErrorCode.BAD_POLICY, message)


def _lines(text: str) -> Mapping[Path, Written]:
    """Where the values of a JSON document stand; nothing where it is one line, or YAML reads it otherwise."""
    if "\n" not in text.strip():
        return {}
    try:
        return _yaml(text).written
    except ApprovalError:
        return {}


def _json(text: str) -> object:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            raise ValueError("a key is given twice")
        return found

    def constant(word: str) -> object:
        raise ValueError(word)

    return json.loads(
        text, object_pairs_hook=once, parse_float=_decimal, parse_int=_whole, parse_constant=constant
    )


def _yaml(text: str) -> PolicyText:
    try:
        node = yaml.compose(text, Loader=_Loader)
        reader = _Reader()
        return PolicyText(reader.value(node, ()) if node else None, reader.written)
    except yaml.MarkedYAMLError as error:
        mark, problem = (
            error.problem_mark,
            f"{error.context or ''} {error.problem or 'it cannot be read'}".strip(),
        )
        place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "somewhere"
        said = next((remedy for words, remedy in _SLIPS if words in problem), problem)
        raise bad_policy(f"the policy is not YAML or JSON: {place}: {said}") from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        character = f"the character U+{ord(text[error.position]):04X} stands here; remove it"
        raise bad_policy(f"the policy is not YAML or JSON: line {line}: {character}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise bad_policy(f"the policy is not YAML or JSON: {shown(str(error), 160)}") from None


class _Loader(yaml.SafeLoader):
    """Composes nodes without aliases, which can explode."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call] # the stubs leave it untyped
            raise _slip(event, "aliases (*name) are not read; write the value out")
        event = self.peek_event()  # type: ignore[no-untyped-call] # as above
        if getattr(event, "tag", None) not in {None, "!", f"{_TAG}str"}:
            raise _slip(event, f"tags ({shown(event.tag)}) are not read; leave it out")
        return super().compose_node(parent, index)


class _Reader:
    """Makes data of nodes."""

    def __init__(self) -> None:
        self.written: dict[Path, Written] = {}

    def value(self, node: yaml.Node, path: Path, line: int = 0) -> object:
        """What a node holds. `line` is that of its key, if it has one."""
        line = line or node.start_mark.line + 1
        text = node.value if isinstance(node, yaml.ScalarNode) else ""
        self.written[path] = Written(line, text)
        if isinstance(node, yaml.MappingNode):
            return self._table(node, path)
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node)
        return [self.value(one, (*path, position)) for position, one in enumerate(node.value)]

    def _table(self, node: yaml.MappingNode, path: Path) -> dict[str, object]:
        found: dict[str, object] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise _slip(key_node, "a key must be a word")
            key = key_node.value
            if key in found:
                raise _slip(key_node, f"the key {key!r} is given twice")
            found[key] = self.value(value_node, (*path, key), key_node.start_mark.line + 1)
        return found


def _scalar(node: yaml.ScalarNode) -> object:
    """A word or a number as it looks. Only plain ones can be numbers; what is in quotes is text."""
    text = node.value
    match node.tag.removeprefix(_TAG):
        case "null":
            return None
        case "bool":
            return _BOOLEANS[text.casefold()]
        case "int" | "float":
            return _number(node, text)
        case "str" if node.style is None and _SCIENTIFIC.fullmatch(text):
            return _number(node, text)  # 1e3, which YAML 1.1 takes for a word
        case _:
            return text


def _number(node: yaml.ScalarNode, text: str) -> object:
    kind = next((name for pattern, name in _KINDS if pattern.fullmatch(text)), "")
    if kind or not _AS_IT_LOOKS.fullmatch(text) or len(text) > _LONGEST_NUMBER:
        raise _slip(node, _misread(text, kind, node.tag))
    try:
        return _whole(text) if node.tag == f"{_TAG}int" else _decimal(text)
    except ValueError as error:
        raise _slip(node, str(error)) from None


def _whole(text: str) -> int:
    """Raises `ValueError` for what JSON cannot hold."""
    number = int(text)
    if abs(number) > _LARGEST:
        raise ValueError(f"{shown(text)} is too large for a number; put it in quotes")
    return number


def _decimal(text: str) -> float:
    """Raises `ValueError` for what would lose digits."""
    number = WrittenFloat(text.casefold().replace(".inf", "inf").replace(".nan", "nan"))
    if math.isfinite(number) and Decimal(repr(float(number))) != Decimal(text):
        raise ValueError(f"{shown(text)} has more digits than a number keeps; put it in quotes")
    return number if math.isfinite(number) else float(number)


def _misread(text: str, kind: str, tag: str) -> str:
    """Why a number is refused, and what YAML would have made of it."""
    if not kind or len(text) > _LONGEST_NUMBER:
        return f"{shown(text, 30)} is not read as a number; write it in plain digits, such as 1234.50"
    constructor = yaml.SafeLoader.yaml_constructors[tag]
    meant = constructor(yaml.SafeLoader(""), yaml.ScalarNode(tag, text))
    return (
        f"{text} is not what it looks like: YAML would read {meant} ({kind}); write the number that is meant in plain "
        "digits, or put it in quotes if it is a word"
    )


def _slip(at: Any, problem: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(None, None, problem, at.start_mark)
