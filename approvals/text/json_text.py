# SPDX-License-Identifier: Apache-2.0
"""JSON as short as it can be, also of what is no valid Unicode: half of a surrogate pair."""

import json
from typing import Final

from pydantic_core import PydanticSerializationError, to_json

_lenient: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_escaped: Final = json.JSONEncoder(separators=(",", ":")).encode


def json_bytes(value: object) -> bytes:
    """`value` as it goes over a wire, where half of a pair is escaped. Raises `TypeError` for what JSON cannot hold."""
    try:
        return to_json(value)
    except PydanticSerializationError:
        return _escaped(value).encode()


def json_text(value: object) -> str:
    """`value` for people and models, where half of a pair stays one, though UTF-8 cannot hold it."""
    try:
        return to_json(value).decode()
    except PydanticSerializationError:
        return _lenient(value)
