# SPDX-License-Identifier: Apache-2.0
"""The bytes of a reply as one JSON document: any encoding of JSON, blanks around it, or server-sent events."""

import json
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from pydantic_core import from_json

type Json = Any

_DECODER: Final = json.JSONDecoder(parse_float=Decimal)
_BLANKS: Final = b" \t\r\n"
_BOM: Final = b"\xef\xbb\xbf"
_EVENT_FIELDS: Final = (b"data:", b"event:", b"id:", b"retry:", b":")
_DELTA_FIELDS: Final = ("content", "reasoning_content", "reasoning", "thinking", "refusal")


def read_document(body: bytes) -> Json:
    """The JSON value in `body`; the events of a stream as the one completion that they make up.

    A cost is read as a `Decimal`. Raises `ValueError` where there is no JSON.
    """
    text = body.removeprefix(_BOM).strip(_BLANKS)
    try:
        return _completion_of(_events(text)) if text.startswith(_EVENT_FIELDS) else _value(text)
    except (RecursionError, InvalidOperation) as error:
        raise ValueError(str(error)) from None


def _value(text: bytes) -> Json:
    """The quick reader has no exact numbers, and takes UTF-8 alone."""
    if b'cost"' not in text and b"cost_" not in text:
        try:
            return from_json(text)
        except ValueError:
            pass
    return _DECODER.decode(text.decode(json.detect_encoding(text), "surrogatepass"))


def _events(text: bytes) -> Iterator[Json]:
    """The JSON values of server-sent events. Each `data` line is one value, as every endpoint sends them."""
    for line in text.splitlines():
        if line.startswith(b"data:"):
            data = line[5:].strip()
            if data and data != b"[DONE]":
                yield _value(data)


def _completion_of(events: Iterator[Json]) -> Json:
    """One completion out of the chunks of a stream. An event that is no chunk, such as an error, stands alone."""
    whole: dict[str, Json] = {}
    texts: dict[str, list[str]] = {}
    choice: dict[str, Json] = {}
    for event in events:
        if not isinstance(event, dict) or event.get("error"):
            return event
        first = _first_choice(event)
        if first.get("error") or not ("choices" in event or "usage" in event):
            return event
        whole.update({name: value for name, value in event.items() if name != "choices" and value})
        choice.update({name: value for name, value in first.items() if value is not None})
        part = first.get("delta") or first.get("message")
        if isinstance(part, dict):
            for field in _DELTA_FIELDS:
                if isinstance(part.get(field), str):
                    texts.setdefault(field, []).append(part[field])
    if not whole and not choice:
        raise ValueError("a stream without any event")
    choice.pop("delta", None)
    choice["message"] = {field: "".join(parts) for field, parts in texts.items()}
    return {**whole, "choices": [choice]}


def _first_choice(event: dict[str, Json]) -> dict[str, Json]:
    match event:
        case {"choices": [dict(first), *_]}:
            return first
    return {}
