# SPDX-License-Identifier: Apache-2.0
"""Nodes and edges on the canvas, and the data of each type of node."""

from collections.abc import Iterable

from devkit.schema.words import (
    ANYTHING,
    FLAG,
    NODE_ID,
    NUMBER,
    TEXT,
    UUID,
    VARIABLE,
    Schema,
    listing,
    one_of,
    record,
    ref,
    when,
)

NOTE = "custom-note"
CONTAINED: dict[str, Schema] = {
    "isInIteration": FLAG,
    "isInLoop": FLAG,
    "iteration_id": TEXT,
    "loop_id": TEXT,
    "isIterationStart": FLAG,
    "isLoopStart": FLAG,
}
# Every node's data has these, whatever its type.
COMMON: dict[str, Schema] = {
    **CONTAINED,
    "type": TEXT,
    "title": TEXT,
    "desc": {"type": ["string", "null"]},
    "version": TEXT,
    "selected": {"type": ["boolean", "null"]},
}
# The nodes on which Dify's canvas offers a branch for failures.
CAN_FAIL = ("agent", "code", "http-request", "llm", "tool")
BRANCHING = ("if-else", "question-classifier", "human-input")
_POINT: Schema = record({"x": NUMBER, "y": NUMBER}, ["x", "y"])
_VERSIONED = {"assigner": ("assigner-1", "assigner"), "human-input": ("human-input", "human-input-2")}

_NODE: Schema = record(
    {
        "id": TEXT,
        "type": {"type": ["string", "null"]},
        "data": ref("NodeData"),
        "position": ref("Point"),
        "positionAbsolute": ref("Point"),
        "width": NUMBER,
        "height": NUMBER,
        "sourcePosition": TEXT,
        "targetPosition": TEXT,
        "selected": FLAG,
        "dragging": FLAG,
        "draggable": FLAG,
        "selectable": FLAG,
        "parentId": TEXT,
        "extent": ANYTHING,
        "zIndex": NUMBER,
        "style": ANYTHING,
    },
    ["id", "data"],
)

_EDGE: Schema = record(
    {
        "id": TEXT,
        "type": TEXT,
        "source": TEXT,
        "sourceHandle": {"type": ["string", "null"]},
        "target": TEXT,
        "targetHandle": {"type": ["string", "null"]},
        "selected": FLAG,
        "zIndex": NUMBER,
        "data": ref("EdgeData"),
    },
    ["source", "target"],
)

CANVAS: dict[str, Schema] = {
    "Point": _POINT,
    "Node": _NODE,
    "Edge": _EDGE,
    "Titled": {"required": ["type", "title"], "properties": {"title": {"minLength": 1}}},
    "EdgeData": record({**CONTAINED, "sourceType": TEXT, "targetType": TEXT}),
    "Viewport": record({"x": NUMBER, "y": NUMBER, "zoom": NUMBER}),
    "Graph": record(
        {"nodes": listing(ref("Node")), "edges": listing(ref("Edge")), "viewport": ref("Viewport")},
        ["nodes", "edges"],
    ),
}


def node_data(definitions: Iterable[str]) -> Schema:
    """What a node's data must look like, by its `type`, out of the definitions `node.TYPE`."""
    kinds = [name.removeprefix("node.") for name in definitions if name.startswith("node.")]
    later = {name for names in _VERSIONED.values() for name in names}
    plain = [
        when("type", kind, ref(f"node.{kind}")) for kind in kinds if kind not in later and kind != "note"
    ]
    return {
        "type": "object",
        "properties": {"type": TEXT},
        "required": ["type"],
        "allOf": [*plain, *(_by_version(kind, *names) for kind, names in _VERSIONED.items())],
    }


def _by_version(kind: str, first: str, second: str) -> Schema:
    """The second format says `version: "2"`; the first says "1" or nothing."""
    newer: Schema = {"properties": {"version": {"const": "2"}}, "required": ["version"]}
    return when("type", kind, {"if": newer, "then": ref(f"node.{second}"), "else": ref(f"node.{first}")})


_STRICT_NODE: Schema = {
    "required": [
        "type",
        "position",
        "positionAbsolute",
        "width",
        "height",
        "sourcePosition",
        "targetPosition",
    ],
    "properties": {
        "id": NODE_ID,
        "type": one_of("custom", "custom-iteration-start", "custom-loop-start", NOTE),
        "sourcePosition": {"const": "right"},
        "targetPosition": {"const": "left"},
        "selected": {"const": False},
        "extent": {"const": "parent"},
        "parentId": NODE_ID,
    },
    "if": {"properties": {"type": {"const": NOTE}}},
    "then": {"properties": {"data": ref("node.note")}},
    "allOf": [when("type", "custom", {"properties": {"data": ref("Titled")}})],
}

_STRICT_EDGE: Schema = {
    "required": ["id", "type", "sourceHandle", "targetHandle", "data", "zIndex"],
    "properties": {
        "type": {"const": "custom"},
        "source": NODE_ID,
        "sourceHandle": {"type": "string", "minLength": 1},
        "target": NODE_ID,
        "targetHandle": {"const": "target"},
        "selected": {"const": False},
    },
    "allOf": [
        {
            "if": {"properties": {"data": {"properties": {"sourceType": one_of(*CAN_FAIL)}}}},
            "then": {"properties": {"sourceHandle": one_of("source", "fail-branch")}},
        },
        {
            "if": {
                "properties": {"data": {"properties": {"sourceType": {"not": one_of(*CAN_FAIL, *BRANCHING)}}}}
            },
            "then": {"properties": {"sourceHandle": {"const": "source"}}},
        },
    ],
}

# What a variable can be, in Dify's words.
_KINDS = one_of("string", "number", "integer", "float", "boolean", "object", "file", "any", "array", "array[string]",
                "array[number]", "array[integer]", "array[float]", "array[boolean]", "array[object]", "array[file]",
                "array[any]")  # fmt: skip
_TYPED_INPUT = record({"type": one_of("constant", "variable", "mixed"), "value": {"not": {"type": "null"}}},
                      ["type", "value"], closed=True)  # fmt: skip

# What the strict schema asks of nodes and edges, by definition.
STRICT: dict[str, Schema] = {
    "Node": _STRICT_NODE,
    "Edge": _STRICT_EDGE,
    "EdgeData": {"required": ["sourceType", "targetType"]},
    "Graph": {"required": ["viewport"]},
    "node.start": {"required": ["variables"]},
    "VariableEntity": {"properties": {"variable": VARIABLE, "label": {"minLength": 1}}},
    "Case": {"properties": {"conditions": {"minItems": 1}}},
    "Condition": {"required": ["id", "varType"], "properties": {"id": UUID}},
    "Group": {
        "properties": {
            "groupId": UUID,
            "group_name": VARIABLE,
            "output_type": _KINDS,
            "variables": {"minItems": 1},
        }
    },
    "OutputVariableEntity": {"required": ["value_type"], "properties": {"variable": VARIABLE}},
    "VariableSelector": {"properties": {"variable": VARIABLE}},
    "node.tool": {
        "required": ["tool_node_version", "plugin_id", "output_schema"],
        "properties": {
            "provider_id": {"pattern": "^[a-z0-9_-]+(/[a-z0-9_-]+){2}$"},
            "provider_name": {"pattern": "^[a-z0-9_-]+(/[a-z0-9_-]+){2}$"},
            "plugin_id": {"pattern": "^[a-z0-9_-]+/[a-z0-9_-]+$"},
            "provider_type": {"const": "builtin"},
            "tool_node_version": {"const": "2"},
            "tool_configurations": {"additionalProperties": _TYPED_INPUT},
            "credential_id": False,
            "output_schema": {"type": "object", "required": ["type", "properties"]},
        },
    },
    "ToolInput": {"properties": {"value": {"not": {"type": "null"}}}},
    "node.human-input": {
        "required": ["delivery_methods", "form_content", "inputs", "user_actions", "timeout", "timeout_unit"],
        "properties": {"delivery_methods": {"minItems": 1}, "user_actions": {"minItems": 1}},
    },
    "node.human-input-2": {
        "required": ["form_content", "inputs", "user_actions", "timeout", "timeout_unit"],
        "properties": {"recipients_spec": {"minItems": 1}, "user_actions": {"minItems": 1}},
    },
    # A contact is one of a workspace; "all contacts" is what only Dify's own migration writes.
    "HumanInputRecipient2": {"properties": {"type": one_of("dynamic_email", "onetime_email", "initiator")}},
    "HumanInputDebug": {"required": ["enabled"]},
    "HumanInputDelivery": {"required": ["id", "enabled", "config"]},
    "HumanInputField": {"properties": {"output_variable_name": VARIABLE}},
    "HumanInputAction": {"required": ["button_style"]},
    "HumanInputRecipient": {"properties": {"type": {"const": "external"}}},
    "node.variable-aggregator": {"properties": {"output_type": _KINDS}},
    "node.iteration": {"properties": {"output_type": _KINDS, "iterator_input_type": _KINDS}},
    "node.trigger-webhook": {
        "required": ["method", "content_type", "headers", "params", "body", "status_code"]
    },
    "node.trigger-schedule": {"required": ["mode", "timezone"]},
}
