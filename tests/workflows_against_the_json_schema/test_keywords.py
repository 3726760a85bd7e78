# SPDX-License-Identifier: Apache-2.0
"""Every keyword of the schemas that refuses something does refuse it: each definition, each keyword, broken once."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.workflows_against_the_json_schema.examples import broken, example, read_schemas

SCHEMAS = read_schemas()
PARTS = [(strength, name) for strength, schema in SCHEMAS.items() for name in schema["$defs"]]
# These hold conditions rather than a value of their own; the tests below break them by hand.
CONDITIONAL = {"NodeData", "Node", "Edge", "Graph", "Workflow", "File", "PluginDependency", "Titled"}


def _taken(strength: str, name: str, value: Any) -> bool:
    root = SCHEMAS[strength]
    return bool(Draft202012Validator({"$defs": root["$defs"], "$ref": f"#/$defs/{name}"}).is_valid(value))


@pytest.mark.parametrize(("strength", "name"), [part for part in PARTS if part[1] not in CONDITIONAL])
def test_each_keyword_of_a_definition_refuses(strength: str, name: str) -> None:
    root = SCHEMAS[strength]
    schema = root["$defs"][name]
    good = example(schema, root)
    assert _taken(strength, name, good), json.dumps(good)
    passed = [where for where, bad in broken(schema, root) if _taken(strength, name, bad)]
    assert passed == []


@pytest.mark.parametrize("name", sorted(CONDITIONAL - {"NodeData", "Titled"}))
@pytest.mark.parametrize("strength", SCHEMAS)
def test_each_plain_keyword_of_a_conditional_definition_refuses(strength: str, name: str) -> None:
    root = SCHEMAS[strength]
    schema = {
        key: value for key, value in root["$defs"][name].items() if key not in {"allOf", "if", "then", "else"}
    }
    passed = [where for where, bad in broken(schema, root) if _taken(strength, name, bad)]
    assert passed == []
