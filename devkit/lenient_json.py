# SPDX-License-Identifier: Apache-2.0
"""JSON as Dify's daemon and model endpoints take it: what is no valid Unicode passes too, escaped."""

import json
from typing import Any, Final

from pydantic_core import PydanticSerializationError, from_json, to_json

_escaped: Final = json.JSONEncoder(separators=(",", ":")).encode


def encoded(value: object) -> bytes:
    """JSON as it goes over a wire. Raises `TypeError` for what JSON cannot hold."""
    try:
        return to_json(value)
    except PydanticSerializationError:  # half of a surrogate pair
        return _escaped(value).encode()


def decoded(data: bytes | str) -> Any:
    """The JSON value in `data`. Raises `ValueError`, or `RecursionError` for what is nested too deep."""
    try:
        return from_json(data)
    except (ValueError, TypeError):  # half of a surrogate pair, escaped or as it is
        return json.loads(data)
