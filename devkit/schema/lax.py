# SPDX-License-Identifier: Apache-2.0
"""Numbers and booleans that are written as text, which Dify's models take and some of its forms save."""

from typing import Any

from devkit.schema.words import Schema

NUMBER_TEXT = r"^[+-]?[0-9]+(\.[0-9]+)?$"
WHOLE_TEXT = r"^[+-]?[0-9]+(\.0+)?$"
FLAG_TEXT = "^([Tt]rue|[Ff]alse|yes|no|on|off|[01])$"
_TEXTS = {"integer": WHOLE_TEXT, "number": NUMBER_TEXT, "boolean": FLAG_TEXT}


def lax(part: Any) -> Any:
    """The schema, with the text of a value wherever it asks for the value."""
    if isinstance(part, list):
        return [lax(item) for item in part]
    if not isinstance(part, dict):
        return part
    found: Schema = {key: lax(value) for key, value in part.items()}
    kinds = found.get("type")
    asked = [kinds] if isinstance(kinds, str) else kinds if isinstance(kinds, list) else []
    text = next((_TEXTS[kind] for kind in asked if kind in _TEXTS), None)
    if text is None or "string" in asked or "enum" in found:
        return found
    return {**found, "type": [*asked, "string"], "pattern": text}
