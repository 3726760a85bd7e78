# SPDX-License-Identifier: Apache-2.0
"""Finds JSON objects in what a model writes: behind its thinking, inside a fence, between sentences."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

_MOST_TRIED: Final = 16
"""Places from which an object is read, the last ones first; so a text costs time in proportion to its length."""
_END_OF_THINKING: Final = re.compile(
    r"</(?:think|thinking|thought|thoughts|reasoning|analysis)>|◁/think▷|<\|channel\|>final<\|message\|>",
    re.IGNORECASE,
)


def _refuse_constant(name: str) -> float:
    raise ValueError(name)


_DECODER: Final = json.JSONDecoder(parse_constant=_refuse_constant, strict=False)


class Found(NamedTuple):
    """An object, and whether it stands behind the model's thinking."""

    value: Any
    is_final: bool


def read_json(text: str) -> Any:
    """The JSON value that `text` is. Raises `ValueError`, `RecursionError`."""
    return _DECODER.decode(text.strip("\ufeff \t\r\n"))


def objects_in(text: str, first_key: str) -> Iterator[Found]:
    """The JSON objects in `text` that begin with `first_key`, in their order; those inside another are left out."""
    if text.lstrip()[:1] == '"':  # the whole written as one JSON string
        text = _unquoted(text)
    thought_until = max((tag.end() for tag in _END_OF_THINKING.finditer(text)), default=0)
    opening = re.compile(rf'\{{\s{{0,200}}"{re.escape(first_key)}"\s{{0,200}}:')
    end = 0
    for start in [place.start() for place in opening.finditer(text)][-_MOST_TRIED:]:
        if start < end:
            continue
        try:
            value, end = _DECODER.raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        yield Found(value, is_final=start >= thought_until)


def _unquoted(text: str) -> str:
    try:
        inner = read_json(text)
    except (ValueError, RecursionError):
        return text
    return inner if isinstance(inner, str) else text
