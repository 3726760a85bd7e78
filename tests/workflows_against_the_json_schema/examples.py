# SPDX-License-Identifier: Apache-2.0
"""Makes a value that a schema takes, and for each of its keywords one that this keyword refuses."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from devkit.schema.__main__ import FOLDER
from devkit.schema.lax import FLAG_TEXT, NUMBER_TEXT, WHOLE_TEXT

type Schema = Mapping[str, Any]

# A text for each pattern; JSON Schema has no way to say one.
PATTERNS = {
    NUMBER_TEXT: 1,
    WHOLE_TEXT: 1,
    FLAG_TEXT: False,
    "\\S": "Please decide",
    "^[A-Za-z0-9_]{1,50}$": "node_1",
    "^[A-Za-z_][A-Za-z0-9_]{0,29}$": "name",
    "^[A-Za-z_][A-Za-z0-9_]*$": "approve",
    "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$": "69b010fe-1f0c-53bb-8ab0-619ef1aa5b27",
    "^[^@\\s]+@[^@\\s]+$": "ann@example.com",
    "^(0?[1-9]|1[0-2]):[0-5][0-9] [AP]M$": "11:30 AM",
    "^[^\\x00-\\x7f]{1,8}$": "✅",
    "^#[0-9A-F]{6}$": "#E4F2E7",
    "^[a-z0-9_-]+(/[a-z0-9_-]+){2}$": "ann/tools/tools",
    "^[a-z0-9_-]+/[a-z0-9_-]+$": "ann/tools",
}
IDENTIFIER = "ann/tools:0.1.0@" + "a" * 64
_PLAIN: Mapping[str, Any] = {
    "string": "text", "integer": 1, "number": 1, "boolean": False, "object": {}, "array": [], "null": None,
}  # fmt: skip

# Of no other kind: a whole number would be both an integer and a number.
_WRONG: Mapping[str, Any] = {kind: value for kind, value in _PLAIN.items() if kind != "integer"} | {
    "number": 1.5
}


def read_schemas() -> dict[str, Any]:
    """The committed schemas, of which test_files.py says that they are what the script builds."""
    names = {"dify": "dify-workflow.schema.json", "bundle": "dify-workflow-bundle.schema.json"}
    return {name: json.loads((FOLDER / file).read_text(encoding="utf-8")) for name, file in names.items()}


def example(schema: Any, root: Schema) -> Any:  # noqa: PLR0911 - an answer for each shape
    """A value with every property that the schema names."""
    if schema is True or schema == {}:
        return "anything"
    if "$ref" in schema:
        return example({**_target(schema, root), **{k: v for k, v in schema.items() if k != "$ref"}}, root)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return example(schema["anyOf"][0], root)
    if "pattern" in schema:
        return PATTERNS.get(schema["pattern"], IDENTIFIER)
    kind = schema.get("type", "object" if "properties" in schema else "string")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object" and "properties" in schema:
        return {
            key: example(part, root)
            for key, part in schema["properties"].items()
            if part is not False and _ends(part)
        }
    if kind == "object" and "required" in schema:
        return {name: {} for name in schema["required"]}
    if kind == "array" and ("items" in schema or "minItems" in schema):
        return [example(schema.get("items", {}), root)] * max(1, schema.get("minItems", 1))
    return max(schema.get("minimum", 1), 1) if kind in {"integer", "number"} else _PLAIN[kind]


def _ends(part: Schema) -> bool:
    """False for the one property that may hold its own kind again."""
    return part.get("type") != ["object", "null"] or part.get("additionalProperties") != {
        "$ref": "#/$defs/Output"
    }


def _target(schema: Schema, root: Schema) -> Schema:
    found: Schema = root["$defs"][schema["$ref"].removeprefix("#/$defs/")]
    return found


def broken(schema: Schema, root: Schema) -> Iterator[tuple[str, Any]]:
    """For each refusing keyword of the schema and of its plain parts: where it stands, and what it refuses."""
    good = example(schema, root)
    yield from _own(schema, good)
    for key, part in schema.get("properties", {}).items():
        if part is False:
            yield key, {**good, key: "anything"}
        elif isinstance(part, dict) and "$ref" not in part:
            yield from ((f"{key}/{where}", {**good, key: bad}) for where, bad in broken(part, root))
    items = schema.get("items")
    if isinstance(items, dict) and "$ref" not in items:
        yield from (
            (f"items/{where}", [bad] * max(1, schema.get("minItems", 1)))
            for where, bad in broken(items, root)
        )
    values = schema.get("additionalProperties")
    if isinstance(values, dict) and "$ref" not in values:
        yield from ((f"additionalProperties/{where}", {"name": bad}) for where, bad in broken(values, root))


def _own(schema: Schema, good: Any) -> Iterator[tuple[str, Any]]:
    for key in schema.get("required", ()):
        yield f"required {key}", {name: value for name, value in good.items() if name != key} if good else {}
    if schema.get("additionalProperties") is False:
        yield "additionalProperties", {**good, "nobody_knows": 1}
    if "type" in schema:
        kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        yield "type", next(value for kind, value in _WRONG.items() if kind not in kinds)
    wrong = {
        "enum": "no such value", "const": "no such value", "pattern": "\t", "minLength": "", "minItems": [],
        "anyOf": ["neither", 1],
    }  # fmt: skip
    yield from ((keyword, bad) for keyword, bad in wrong.items() if keyword in schema)
    if "maxLength" in schema:
        yield "maxLength", "a" * (schema["maxLength"] + 1)
    if "maxItems" in schema:
        yield "maxItems", ["a"] * (schema["maxItems"] + 1)
    if "minimum" in schema:
        yield "minimum", schema["minimum"] - 1
    if "maximum" in schema:
        yield "maximum", schema["maximum"] + 1
    if "maxProperties" in schema:
        yield "maxProperties", {str(number): number for number in range(schema["maxProperties"] + 1)}
    if "not" in schema:
        yield "not", None
