# SPDX-License-Identifier: Apache-2.0
"""Values in messages, written as a YAML file writes them and not as Python does."""

import json

from approvals.errors import shown

_LIMIT = 80  # characters


def quoted(value: object) -> str:
    """The value for a message, cut to a readable length."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return _short(value)
    return shown(value if not isinstance(value, str) else str(value))


def _short(value: object) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False, default=str)
    except (TypeError, ValueError, RecursionError):  # a key of another kind than JSON's, or nested too deeply
        return shown(value)
    return text if len(text) <= _LIMIT else f"{text[:_LIMIT]}…"
