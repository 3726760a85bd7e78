# SPDX-License-Identifier: Apache-2.0
"""Older shapes that Dify still imports, and the engine's models of today do not describe."""

from devkit.schema.human_input import FIELD_TYPES
from devkit.schema.words import Schema, one_of

LEGACY: dict[str, Schema] = {
    # A request's body was one text before it was a list of parts.
    "HttpRequestNodeBody": {"properties": {"data": {"type": ["array", "string"]}}},
    # A form of Dify 1.13 and 1.14 could have one-line fields; later versions refuse it (rule `form-field-type`).
    "HumanInputField": {"properties": {"type": one_of(*FIELD_TYPES, "text_input")}},
    # A tool's parameters were plain values before they had a type (`tool_node_version: "2"`).
    "node.tool": {"properties": {"tool_parameters": {"additionalProperties": True}}},
}
# What the engine reads as if it were not there when it is null.
NULL_IS_NOTHING = (
    ("HttpRequestNodeBody", "data"),
    ("PromptConfig", "jinja2_variables"),
    ("VisionConfig", "configs"),
    ("node.llm", "prompt_config"),
    ("node.parameter-extractor", "reasoning_mode"),
)
