# SPDX-License-Identifier: Apache-2.0
"""The JSON Schema of each of graphon's node models."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

from pydantic import BaseModel

from devkit.schema.words import Schema

# The definition's name, the module below graphon.nodes, and the model. A node type that is not here has no model
# in graphon, or (document-extractor) one that cannot be imported without an office suite's worth of packages.
_MODELS = {
    "answer": ("answer.entities", "AnswerNodeData"),
    "assigner": ("variable_assigner.v2.entities", "VariableAssignerNodeData"),
    "assigner-1": ("variable_assigner.v1.node_data", "VariableAssignerData"),
    "code": ("code.entities", "CodeNodeData"),
    "end": ("end.entities", "EndNodeData"),
    "http-request": ("http_request.entities", "HttpRequestNodeData"),
    "if-else": ("if_else.entities", "IfElseNodeData"),
    "iteration": ("iteration.entities", "IterationNodeData"),
    "iteration-start": ("iteration.entities", "IterationStartNodeData"),
    "list-operator": ("list_operator.entities", "ListOperatorNodeData"),
    "llm": ("llm.entities", "LLMNodeData"),
    "loop": ("loop.entities", "LoopNodeData"),
    "loop-end": ("loop.entities", "LoopEndNodeData"),
    "loop-start": ("loop.entities", "LoopStartNodeData"),
    "parameter-extractor": ("parameter_extractor.entities", "ParameterExtractorNodeData"),
    "question-classifier": ("question_classifier.entities", "QuestionClassifierNodeData"),
    "start": ("start.entities", "StartNodeData"),
    "template-transform": ("template_transform.entities", "TemplateTransformNodeData"),
    "tool": ("tool.entities", "ToolNodeData"),
    "variable-aggregator": ("variable_aggregator.entities", "VariableAggregatorNodeData"),
}
_WORDS = ("title", "description")  # the engine's own; a property of that name has a mapping there
_ANY_TYPE = "NodeType"
_ALL_TYPES = {"array", "string", "number", "boolean", "object", "null"}


def node_models() -> Mapping[str, Schema]:
    """A definition `node.TYPE` for each model, and what these refer to. Raises ImportError without graphon."""
    found: dict[str, Schema] = {}
    for name, (module, model_name) in _MODELS.items():
        model: type[BaseModel] = getattr(import_module(f"graphon.nodes.{module}"), model_name)
        schema = model.model_json_schema(ref_template="#/$defs/{model}")
        for key, value in _definitions(f"node.{name}", schema):
            if found.setdefault(key, value) != value:
                raise ValueError(f"two models define {key!r} in different ways")
    return dict(sorted(found.items()))


def _definitions(name: str, schema: Schema) -> Iterator[tuple[str, Schema]]:
    own = schema.pop("$defs", {})
    own.pop(_ANY_TYPE, None)
    schema["properties"].pop("type")
    yield name, _bare(schema)
    for key, value in own.items():
        yield key, _bare(value)


def _bare(part: Any) -> Any:
    """The schema without the words of the engine's source."""
    if isinstance(part, dict):
        kept = {key: _bare(value) for key, value in part.items() if not _is_word(key, value)}
        if kept.get("additionalProperties") is True:
            del kept["additionalProperties"]
        return _simple(kept)
    return [_bare(item) for item in part] if isinstance(part, list) else part


def _simple(schema: Schema) -> Schema:
    """A plain type that may be null, in one word instead of two alternatives; alternatives that allow all, in none."""
    if {part.get("type") for part in schema.get("anyOf", ())} >= _ALL_TYPES:
        return {key: value for key, value in schema.items() if key != "anyOf"}
    match schema.get("anyOf"):
        case [{"type": str() as kind} as first, {"type": "null"}] if "enum" not in first:
            rest = {key: value for key, value in schema.items() if key != "anyOf"}
            return {**rest, **first, "type": [kind, "null"]}
    return schema


def _is_word(key: str, value: Any) -> bool:
    return key in _WORDS and isinstance(value, str)
