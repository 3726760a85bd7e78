# SPDX-License-Identifier: Apache-2.0
"""Short names for common pieces of JSON Schema."""

from collections.abc import Mapping, Sequence
from typing import Any

type Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
FILLED: Schema = {"type": "string", "minLength": 1}
WORDS: Schema = {"type": "string", "pattern": "\\S"}  # more than blanks
FLAG: Schema = {"type": "boolean"}
NUMBER: Schema = {"type": "number"}
COUNT: Schema = {"type": "integer", "minimum": 0}
OBJECT: Schema = {"type": "object"}
TEXTS: Schema = {"type": "array", "items": TEXT}
ANYTHING: Schema = {}

# Dify substitutes `{{#node.variable#}}` only where both parts match these (a hyphen leaves the text as it is).
NODE_ID: Schema = {"type": "string", "pattern": "^[A-Za-z0-9_]{1,50}$"}
VARIABLE: Schema = {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]{0,29}$"}
UUID: Schema = {"type": "string", "pattern": "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"}
EMAIL: Schema = {"type": "string", "pattern": "^[^@\\s]+@[^@\\s]+$"}
SELECTOR: Schema = {"type": "array", "items": TEXT, "minItems": 2, "maxItems": 10}


def ref(name: str) -> Schema:
    """A reference to one of the schema's own definitions."""
    return {"$ref": f"#/$defs/{name}"}


def one_of(*values: Any) -> Schema:
    """One of these values and nothing else."""
    return {"enum": list(values)}


def listing(items: Schema, **limits: Any) -> Schema:
    """A list of such items."""
    return {"type": "array", "items": items, **limits}


def record(properties: Mapping[str, Schema], required: Sequence[str] = (), *, closed: bool = False) -> Schema:
    """An object with these properties; `closed` allows no other."""
    schema: Schema = {"type": "object", "properties": dict(properties)}
    if required:
        schema["required"] = list(required)
    if closed:
        schema["additionalProperties"] = False
    return schema


def when(key: str, value: Any, then: Schema) -> Schema:
    """`then` must hold for an object whose `key` has this value."""
    return {"if": {"properties": {key: {"const": value}}, "required": [key]}, "then": then}
