# SPDX-License-Identifier: Apache-2.0
"""JSON as Dify's daemon and model endpoints read it: what is no valid Unicode passes too."""

import json
from typing import Any

from pydantic_core import from_json


def decoded(data: bytes | str) -> Any:
    """The JSON value in `data`. Raises `ValueError`, or `RecursionError` for what is nested too deep."""
    try:
        return from_json(data)
    except (ValueError, TypeError):  # half of a surrogate pair, escaped or as it is
        return json.loads(data)
