# SPDX-License-Identifier: Apache-2.0
"""JSON as text, for what people and models read: short, and with its letters as they are."""

import json
from typing import Final

from pydantic_core import PydanticSerializationError, to_json

_lenient: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def json_text(value: object) -> str:
    """`value` as JSON. Half of a surrogate pair stays one, though UTF-8 cannot hold it."""
    try:
        return to_json(value).decode()
    except PydanticSerializationError:
        return _lenient(value)
