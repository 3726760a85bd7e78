# SPDX-License-Identifier: Apache-2.0
"""The nodes of a conversation: what it says, and what it remembers."""

from collections.abc import Mapping

from devkit.bundle.nodes import Data, Selector, common


def answer(title: str, text: str) -> Data:
    """What the conversation says; `{{#node.variable#}}` is filled in."""
    return {**common("answer", title), "answer": text, "variables": []}


def remember(title: str, values: Mapping[str, str | Selector]) -> Data:
    """Sets conversation variables: to a text, or to another variable. An empty text clears."""
    return {
        **common("assigner", title),
        "version": "2",
        "items": [_item(name, value) for name, value in values.items()],
    }


def _item(name: str, value: str | Selector) -> Data:
    operation = {"input_type": "constant", "operation": "set", "value": value}
    if not isinstance(value, str):
        operation = {"input_type": "variable", "operation": "over-write", "value": [*value]}
    elif not value:
        operation = {"input_type": "variable", "operation": "clear", "value": ""}
    return {"variable_selector": ["conversation", name], "write_mode": operation["operation"], **operation}
