# SPDX-License-Identifier: Apache-2.0
"""The list of requests as it arrives: a JSON array, or the Python notation that Dify makes of one. Read one by one."""

import json
import re
from collections.abc import Iterator
from typing import Any

from approvals.dify.turns import Turns
from approvals.errors import ApprovalError, ErrorCode, shown
from approvals.text.python_literals import json_of_python

MOST_REQUESTS = 10_000
TEXT_LIMIT = 32_000_000  # characters
_EXAMPLE = '[{"request_id": "PO-1", "content": "Two desks", "amount": "1280.50"}]'

_EACH = 1_000  # what a request costs to read, besides its length, in characters of work

_JSON = json.JSONDecoder()
_BLANK = re.compile(r"[ \t\r\n]*")


class RequestList:
    """The requests in a parameter: how many there are, and each as it was written, parsed when it is asked for.

    Raises `bad_parameter` at once for what is no list from its first to its last character.
    """

    def __init__(self, value: object, turns: Turns | None = None) -> None:
        """`turns` hears of the work, here and while the requests are taken one by one."""
        if value is None or (isinstance(value, str) and not value.strip()):
            raise _bad(value, "is required and must not be empty")
        if isinstance(value, str) and len(value) > TEXT_LIMIT:
            raise _bad(value, f"has {len(value):,} characters; at most {TEXT_LIMIT:,} are read in one call")
        self._turns = turns or Turns()
        self._items, self.total = _counted(value, self._turns)
        if self.total == 0:
            raise _bad(value, f"is an empty list; give at least one request, such as {_EXAMPLE}")
        if self.total > MOST_REQUESTS:
            raise _bad(
                value,
                f"holds {self.total:,} requests; at most {MOST_REQUESTS:,} are read in one call: "
                "send the rest in another",
            )

    def __iter__(self) -> Iterator[Any]:
        if not isinstance(self._items, list | tuple):
            yield from _json_items(self._items, self._turns, _EACH)
            return
        for item in self._items:
            yield item
            self._turns.worked(
                _EACH + sum(map(_length, item.values() if isinstance(item, dict) else (item,)))
            )

    def __repr__(self) -> str:
        return f"RequestList({self.total} requests)"


def _counted(value: object, turns: Turns) -> tuple[list[Any] | tuple[Any, ...] | str, int]:
    """The list, or the JSON text of one, which is read through once; and how many requests it holds."""
    if isinstance(value, list | tuple):
        return value, len(value)
    if isinstance(value, str):
        for as_json in (str, lambda text: json_of_python(text, turns.worked)):
            try:
                text = as_json(value)
                return text, sum(1 for _ in _json_items(text, turns))
            except (ValueError, RecursionError):
                continue
    raise _bad(value, f"must be a JSON array of request objects, such as {_EXAMPLE}")


def _length(value: object) -> int:
    return len(value) if isinstance(value, str | list | dict) else 1


def _json_items(text: str, turns: Turns, each: int = 0) -> Iterator[Any]:
    """The items of a JSON array; `each` is what an item costs besides its length. Raises ValueError for other text."""
    place = _after_blank(text, 0)
    if text[place : place + 1] == '"':  # a JSON text of a JSON text, as a careless template makes it
        inner = json.loads(text)
        yield from _json_items(inner, turns, each)
        return
    place = _expected(text, place, "[")
    if text[place : place + 1] == "]":
        _ended(text, place + 1)
        return
    while True:
        start = place
        item, place = _JSON.raw_decode(text, start)
        yield item
        turns.worked(place - start + each)
        place = _after_blank(text, place)
        if text[place : place + 1] == "]":
            _ended(text, place + 1)
            return
        place = _expected(text, place, ",")


def _expected(text: str, place: int, sign: str) -> int:
    if text[place : place + 1] != sign:
        raise ValueError(text[place : place + 20])
    return _after_blank(text, place + 1)


def _after_blank(text: str, place: int) -> int:
    found = _BLANK.match(text, place)
    return found.end() if found else place


def _ended(text: str, place: int) -> None:
    if text[place:].strip():
        raise ValueError(text[place : place + 20])


def _bad(value: object, why: str) -> ApprovalError:
    return ApprovalError(ErrorCode.BAD_PARAMETER, f"requests {why}; found {shown(value)}")
