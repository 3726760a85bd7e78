# SPDX-License-Identifier: Apache-2.0
"""The inputs that a backtracking matcher likes least, made from the parts of an expression itself."""

import re
import re._constants as opcodes  # type: ignore[import-not-found] # the standard library's own, without stubs
import re._parser as parser  # type: ignore[import-not-found] # as above
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final

from devkit.hostile.growth import word

_MOST_SAMPLES: Final = 8
_BRANCHES: Final = 6
_TAIL: Final = "\x01"
"""What no expression looks for: what would match a whole run must try its parts."""


def words_of(pattern: re.Pattern[Any], *, most: int = 40) -> list[str]:
    """What the expression looks for, over and over: each part alone, in pairs, behind its beginning, before an end."""
    source = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    found = dict.fromkeys(_samples(parser.parse(source, pattern.flags & ~re.UNICODE)))
    samples = list(found)[:_MOST_SAMPLES]
    pairs = [one + other for pair in pairwise(samples) for one, other in (pair, pair[::-1])]
    beginnings = ["".join(samples[:count]) for count in (1, 2) if len(samples) > count]
    behind = [word(start, each, _TAIL) for start in beginnings for each in samples[1:]]
    behind += [word(samples[0], each + samples[0], _TAIL) for each in samples[1:]]
    alone = [word("", each, _TAIL) for each in samples]
    spaced = [f"{each} " for each in samples[:2]]
    return list(dict.fromkeys(["a", " ", *alone, "".join(samples), *behind, *pairs, *spaced]))[:most]


def _samples(parsed: Any) -> Iterator[str]:
    """A piece of text for each part of a parsed expression."""
    literal = ""
    for operation, argument in parsed:
        if operation is opcodes.LITERAL:
            literal += chr(argument)
            continue
        if literal:
            yield literal
            literal = ""
        yield from _sample_of(operation, argument)
    if literal:
        yield literal


def _sample_of(operation: Any, argument: Any) -> Iterator[str]:
    if operation in {opcodes.MAX_REPEAT, opcodes.MIN_REPEAT, opcodes.POSSESSIVE_REPEAT}:
        yield from _samples(argument[2])
    elif operation is opcodes.SUBPATTERN:
        yield from _samples(argument[3])
    elif operation is opcodes.ATOMIC_GROUP:
        yield from _samples(argument)
    elif operation is opcodes.BRANCH:
        for branch in argument[1][:_BRANCHES]:
            yield from _samples(branch)
    elif operation is opcodes.IN:
        yield from _of_class(argument)
    elif operation in {opcodes.ANY, opcodes.NOT_LITERAL}:
        yield "x"
    elif operation in {opcodes.ASSERT, opcodes.ASSERT_NOT}:
        yield from _samples(argument[1])


_CATEGORIES: Final = {
    opcodes.CATEGORY_DIGIT: "7",
    opcodes.CATEGORY_SPACE: " ",
    opcodes.CATEGORY_NOT_WORD: "-",
    opcodes.CATEGORY_NOT_DIGIT: "d",
}


def _of_class(items: Any) -> Iterator[str]:
    if items[0][0] is opcodes.NEGATE:
        yield "z"
        return
    for operation, argument in items[:3]:
        if operation is opcodes.LITERAL:
            yield chr(argument)
        elif operation is opcodes.RANGE:
            yield chr(argument[0])
        elif operation is opcodes.CATEGORY:
            yield _CATEGORIES.get(argument, "w")
