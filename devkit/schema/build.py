# SPDX-License-Identifier: Apache-2.0
"""Puts the schemas together: the engine's models, our overlay, and for shipped files the strict rules on top."""

import json
from collections.abc import Mapping
from typing import Any

from devkit.schema import canvas, envelope
from devkit.schema.dify_nodes import CANVAS_KEYS, DIFY_NODES
from devkit.schema.human_input import HUMAN_INPUT
from devkit.schema.lax import lax
from devkit.schema.legacy import LEGACY, NULL_IS_NOTHING
from devkit.schema.models import node_models
from devkit.schema.words import Schema, ref

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
# Says which definition applies; the definition closes the object.
_OPEN = frozenset({"NodeData", "node.datasource"})


def dify_schema() -> Schema:
    """What Dify exports, any type of node, older versions too."""
    definitions = _definitions()
    definitions |= {name: lax(definitions[name]) for name in node_models()}
    for name, allowed in LEGACY.items():
        _merge(definitions[name], _own(allowed))
    for name, key in NULL_IS_NOTHING:
        parts = definitions[name]["properties"]
        parts[key] = {"anyOf": [parts[key], {"type": "null"}]}
    return _document("A Dify app file", "What Dify exports and imports, of any version.", definitions)


def bundle_schema() -> Schema:
    """For files that are written to be shipped: nothing unknown, nothing that only an older Dify takes."""
    definitions = _definitions()
    for name, schema in definitions.items():
        if name not in _OPEN:
            _close(schema)
    for name, asked in {**envelope.STRICT, **canvas.STRICT}.items():
        _merge(definitions[name], _own(asked))
    definitions["NodeData"]["properties"]["type"] = {"enum": [*_node_types(definitions), ""]}
    return _document(
        "A Dify workflow to be shipped",
        "As Dify exports it, and strict: no key that Dify ignores.",
        definitions,
    )


def written(schema: Schema) -> str:
    """The schema as it stands in its file."""
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def _definitions() -> dict[str, Schema]:
    definitions: dict[str, Schema] = _own(
        {**node_models(), **DIFY_NODES, **HUMAN_INPUT, **envelope.ENVELOPE, **canvas.CANVAS}
    )
    for name, keys in CANVAS_KEYS.items():
        definitions[name]["properties"].update(_own(keys))
    for name, schema in definitions.items():
        if name.startswith("node."):
            schema["properties"] = {**_own(canvas.COMMON), **schema["properties"]}
    definitions["NodeData"] = canvas.node_data(definitions)
    return dict(sorted(definitions.items()))


def _document(title: str, description: str, definitions: Mapping[str, Schema]) -> Schema:
    return {
        "$schema": _DRAFT,
        "title": title,
        "description": description,
        "$comment": "Built by `python -m devkit.schema`; change it there.",
        **ref("File"),
        "$defs": dict(definitions),
    }


def _node_types(definitions: Mapping[str, Schema]) -> list[str]:
    named = {part["if"]["properties"]["type"]["const"] for part in definitions["NodeData"]["allOf"]}
    return sorted(named)


def _close(part: Any) -> None:
    """No object with properties has any other."""
    if isinstance(part, list):
        for item in part:
            _close(item)
    if isinstance(part, dict):
        for key, value in part.items():
            if key not in {
                "allOf",
                "if",
                "then",
                "else",
            }:  # they say more about an object that is closed already
                _close(value)
        if part.get("type") == "object" and "properties" in part:
            part.setdefault("additionalProperties", False)


def _own(schema: Any) -> Any:
    """A copy in which no two places share an object, which `copy.deepcopy` would keep shared."""
    return json.loads(json.dumps(schema))


def _merge(into: Schema, more: Schema) -> None:
    """Add what `more` asks: mappings are joined, lists are appended, anything else replaces what is there."""
    for key, value in more.items():
        there = into.get(key)
        if isinstance(there, dict) and isinstance(value, dict):
            _merge(there, value)
        elif isinstance(there, list) and isinstance(value, list) and key in {"required", "allOf"}:
            there.extend(item for item in value if item not in there)
        else:
            into[key] = value
