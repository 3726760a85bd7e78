# SPDX-License-Identifier: Apache-2.0
"""Python's notation of lists and objects as JSON. Dify writes it where a workflow gives an object to a text parameter.

One pass over the text; nothing is evaluated.
"""

import re
from collections.abc import Callable
from typing import Final

from approvals.text.json_text import json_text

_WORDS: Final = {"True": "true", "False": "false", "None": "null"}
_TOKEN: Final = re.compile(
    r"""
    (?P<blank>[\ \t\r\n]++)
    | (?P<sign>[\[\]{}:,()])
    | (?P<text>'(?:[^'\\\n]|\\.)*+' | "(?:[^"\\\n]|\\.)*+")
    | (?P<number>-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?)
    | (?P<word>[A-Za-z]++)
    """,
    re.VERBOSE | re.DOTALL,
)
_TOLD_EVERY: Final = 4_096
_ESCAPE: Final = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)
_ESCAPED: Final = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "b": "\b",
    "f": "\f",
    "a": "\a",
    "v": "\v",
    "0": "\0",
    "\n": "",
}


def _unwatched(_characters: int) -> None:
    """Nobody waits."""


def json_of_python(text: str, worked: Callable[[int], object] = _unwatched) -> str:
    """The JSON text of a Python literal of lists, tuples, dicts, strings, numbers, booleans and None.

    A comma before a closing bracket is left out. Raises `ValueError` where something else stands; brackets that do
    not match are left to whoever reads the JSON. `worked` hears now and then how many characters were read since.
    """
    parts: list[str] = []
    place = told = 0
    while place < len(text):
        if place - told >= _TOLD_EVERY:
            worked(place - told)
            told = place
        token = _TOKEN.match(text, place)
        if token is None:
            raise ValueError(f"unexpected {text[place : place + 20]!r}")
        place = token.end()
        _add(parts, token)
    return "".join(parts)


def _add(parts: list[str], token: re.Match[str]) -> None:
    kind, written = token.lastgroup, token[0]
    if kind == "blank":
        if parts and parts[-1] != ",":  # "1 2" must not become 12
            parts.append(" ")
    elif kind == "sign":
        sign = {"(": "[", ")": "]"}.get(written, written)
        if sign in "]}" and parts and parts[-1] == ",":
            parts[-1] = " "
        parts.append(sign)
    elif kind == "text":
        parts.append(json_text(_ESCAPE.sub(_unescaped, written[1:-1])))
    elif kind == "word":
        if written not in _WORDS:
            raise ValueError(f"unexpected {written[:20]!r}")
        parts.append(_WORDS[written])
    else:
        parts.append(written)


def _unescaped(escape: re.Match[str]) -> str:
    code = escape[1] or escape[2] or escape[3]
    if code:
        number = int(code, 16)
        if number > 0x10FFFF:  # noqa: PLR2004 - the last of Unicode
            raise ValueError(f"no such character: {escape[0]}")
        return chr(number)
    sign = escape[4]
    return _ESCAPED.get(sign, sign if sign in "\\'\"" else escape[0])
