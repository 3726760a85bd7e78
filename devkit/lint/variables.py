# SPDX-License-Identifier: Apache-2.0
"""The outputs of each type of node: names and types, as Dify calls them."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from devkit.lint.canvas import Canvas, Node
from devkit.lint.reading import mapping, records, sequence, text

ANY = "any"
SYSTEM = MappingProxyType(
    {
        "query": "string", "files": "array[file]", "conversation_id": "string", "dialogue_count": "number",
        "user_id": "string", "app_id": "string", "workflow_id": "string", "workflow_run_id": "string",
        "timestamp": "number", "invoke_from": "string", "document_id": "string", "batch": "string",
        "dataset_id": "string", "datasource_type": "string", "datasource_info": "object",
        "original_document_id": "string", "memory_blocks": "object",
    }
)  # fmt: skip
CHAT_ONLY = frozenset({"query", "conversation_id", "dialogue_count"})

_FORM_TYPES = {
    "number": "number",
    "checkbox": "boolean",
    "file": "file",
    "file-list": "array[file]",
    "json_object": "object",
}
_JSON_TYPES = {
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
    "string": "string",
    "object": "object",
}
_PARAMETER_TYPES = {"bool": "boolean", "select": "string", "integer": "number", "float": "number"}

type Variables = Mapping[str, str]


def outputs(node: Node) -> Variables | None:
    """Name and type of each variable that the node makes; None when no file says (an unknown type of node)."""
    if node.kind not in _OUTPUTS:
        return None
    found = _OUTPUTS[node.kind](node.data)
    if found is not None and node.data.get("error_strategy"):
        return {**found, "error_message": "string", "error_type": "string"}
    return found


def inside(node: Node) -> Variables:
    """What the children of a loop or iteration can read of it, besides its outputs."""
    return {"item": ANY, "index": "number"} if node.kind == "iteration" else {"index": "number"}


def type_of(canvas: Canvas, selector: tuple[str, ...]) -> str:
    """The type of what a selector leads to; `any` when no file says."""
    head, name = selector[0], selector[1]
    if head in {"env", "conversation", "sys"}:
        known = {"env": canvas.environment, "conversation": canvas.conversation, "sys": SYSTEM}[head]
        return _plain(known.get(name, ANY))
    node = canvas.nodes.get(head)
    found = (outputs(node) or {}) if node else {}
    kind = found.get(name, ANY)
    if node and node.kind == "variable-aggregator" and len(selector) == 3 and selector[2] == "output":  # noqa: PLR2004
        return _plain(_group_types(node.data).get(name, ANY))
    return _plain(kind) if len(selector) == 2 else ANY  # noqa: PLR2004 - deeper paths have no declared type


def _plain(kind: str) -> str:
    return {"secret": "string", "integer": "number", "float": "number"}.get(kind, kind)


def json_type(schema: object) -> str:
    """Dify's name for the type of a JSON Schema."""
    declared = mapping(schema)
    kind = declared.get("type")
    if kind == "array":
        item = _JSON_TYPES.get(text(mapping(declared.get("items")).get("type")))
        return f"array[{item}]" if item else "array"
    return _JSON_TYPES.get(text(kind), ANY)


def _start(data: Mapping[str, Any]) -> Variables:
    return {
        text(field.get("variable")): _FORM_TYPES.get(text(field.get("type")), "string")
        for _, field in records(data.get("variables"), ())
    }


def _declared(data: Mapping[str, Any]) -> Variables:
    schema = mapping(mapping(data.get("output_schema")).get("properties"))
    return {name: json_type(part) for name, part in schema.items()}


def _tool(data: Mapping[str, Any]) -> Variables | None:
    if not mapping(data.get("output_schema")).get("properties"):
        return None  # an older export; what the tool emits is not in the file
    return {**_declared(data), "text": "string", "files": "array[file]", "json": "array[object]"}


def _agent(data: Mapping[str, Any]) -> Variables:
    return {
        **_declared(data),
        "text": "string",
        "files": "array[file]",
        "json": "array[object]",
        "usage": "object",
    }


def _code(data: Mapping[str, Any]) -> Variables:
    return {
        name: _plain(text(mapping(part).get("type"))) for name, part in mapping(data.get("outputs")).items()
    }


def _grouped(data: Mapping[str, Any]) -> bool:
    return mapping(data.get("advanced_settings")).get("group_enabled") is True


def _group_types(data: Mapping[str, Any]) -> Variables:
    groups = mapping(data.get("advanced_settings")).get("groups")
    return {
        text(group.get("group_name")): text(group.get("output_type")) or ANY
        for _, group in records(groups, ())
    }


def _aggregator(data: Mapping[str, Any]) -> Variables:
    if _grouped(data):
        return dict.fromkeys(_group_types(data), "object")
    return {"output": text(data.get("output_type")) or ANY}


def _loop(data: Mapping[str, Any]) -> Variables:
    variables = records(data.get("loop_variables"), ())
    return {
        "loop_round": "number",
        **{text(one.get("label")): text(one.get("var_type")) or ANY for _, one in variables},
    }


def _extractor(data: Mapping[str, Any]) -> Variables:
    parameters = {
        text(one.get("name")): _PARAMETER_TYPES.get(text(one.get("type")), text(one.get("type")) or ANY)
        for _, one in records(data.get("parameters"), ())
    }
    return {**parameters, "__is_success": "number", "__reason": "string", "__usage": "object"}


def _human_input(data: Mapping[str, Any]) -> Variables:
    kinds = {"file": "file", "file-list": "array[file]"}
    fields = {
        text(field.get("output_variable_name")): kinds.get(text(field.get("type")), "string")
        for _, field in records(data.get("inputs"), ())
    }
    return {**fields, "__action_id": "string", "__action_value": "string", "__rendered_content": "string"}


def _webhook(data: Mapping[str, Any]) -> Variables:
    return {"_webhook_raw": "object", **dict(_webhook_parameters(data))}


def _webhook_parameters(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for place in ("headers", "params", "body"):
        for one in sequence(data.get(place)):
            name = text(mapping(one).get("name"))
            kind = text(mapping(one).get("type")) or "string"
            yield (name.replace("-", "_") if place == "headers" else name), kind


def _fixed(**names: str) -> Callable[[Mapping[str, Any]], Variables]:
    return lambda _data: names


def _open(_data: Mapping[str, Any]) -> None:
    return None


_OUTPUTS: Mapping[str, Callable[[Mapping[str, Any]], Variables | None]] = {
    "start": _start,
    "end": _fixed(),
    "answer": _fixed(answer="string", files="array[file]"),
    "if-else": _fixed(result="boolean", selected_case_id="string"),
    "question-classifier": _fixed(class_name="string", class_id="string", class_label="string", usage="object"),
    "code": _code,
    "template-transform": _fixed(output="string"),
    "variable-aggregator": _aggregator,
    "variable-assigner": _aggregator,  # the aggregator's name before 0.6
    "assigner": _open,
    "iteration": lambda data: {"output": text(data.get("output_type")) or "array"},
    "iteration-start": _fixed(),
    "loop": _loop,
    "loop-start": _fixed(),
    "loop-end": _fixed(),
    "http-request": _fixed(body="string", status_code="number", headers="object", files="array[file]"),
    "llm": _fixed(
        text="string", usage="object", reasoning_content="string", structured_output="object",
        files="array[file]", finish_reason="string",
    ),
    "parameter-extractor": _extractor,
    "tool": _tool,
    "agent": _agent,
    "knowledge-retrieval": _fixed(result="array[object]", files="array[file]"),
    "document-extractor": _fixed(text=ANY),
    "list-operator": _fixed(result="array", first_record=ANY, last_record=ANY),
    "human-input": _human_input,
    "trigger-webhook": _webhook,
    "trigger-schedule": _fixed(),
}  # fmt: skip
