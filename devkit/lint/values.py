# SPDX-License-Identifier: Apache-2.0
"""The values that a variable can have, where the file or the plugin declares them."""

from collections.abc import Mapping

from approvals.domain.terms import Event, Level, Risk, State
from approvals.service.answers import Status
from devkit.lint.canvas import Canvas, Node
from devkit.lint.reading import mapping, records, selector, sequence, text

type Values = frozenset[str]


def _texts(*words: str) -> Values:
    """The words as plain texts: a member of an enumeration would be shown by its name in the program."""
    return frozenset(map(str, words))


NEXT_STEPS = _texts("submit", "closed", *(f"review_{level}" for level in Level))

# What our own tools answer and take. A name that several tools have means the same in each.
ANSWERS: Mapping[str, Values] = {
    "status": _texts(*Status),
    "state": _texts(*State, ""),
    "previous_state": _texts(*State, ""),
    "next_step": NEXT_STEPS | {""},
    "approver_level": _texts(*Level, ""),
    "risk_level": _texts(*Risk),
    "suggested_level": _texts(*Level),
}
PARAMETERS: Mapping[str, Values] = {
    "event": _texts(*Event),
    "actor_level": _texts(*Level, ""),
    "level": _texts(*Level, ""),
    "state": _texts(*State, ""),
}


def values_of(  # noqa: PLR0911 - an answer for each kind of node
    canvas: Canvas, wanted: tuple[str, ...], ours: Values, depth: int = 0
) -> Values | None:
    """All values that the variable can have, or None when they are not known. `ours` are our providers' ids."""
    if wanted[:1] == ("conversation",) and len(wanted) > 1:
        return _remembered(canvas, wanted[1])
    node = canvas.nodes.get(wanted[0]) if wanted else None
    if node is None or len(wanted) < 2 or depth > len(canvas.nodes):  # noqa: PLR2004
        return None
    name = wanted[1]
    match node.kind:
        case "tool" if text(node.data.get("provider_id")) in ours:
            return ANSWERS.get(name) or _enum(node, name)
        case "tool":
            return _enum(node, name)
        case "human-input" if name == "__action_id":
            return frozenset(text(one.get("id")) for _, one in records(node.data.get("user_actions"), ())) | {
                ""
            }
        case "start":
            return _options(node, name)
        case "question-classifier" if name == "class_id":
            return frozenset(text(one.get("id")) for _, one in records(node.data.get("classes"), ()))
        case "variable-aggregator":
            chosen = [values_of(canvas, one, ours, depth + 1) for one in _members(node, name)]
            known = [values for values in chosen if values is not None]
            return frozenset().union(*known) if known and len(known) == len(chosen) else None
    return None


def _remembered(canvas: Canvas, name: str) -> Values | None:
    """What a conversation variable is set to; None when anything but texts of the file is put into it."""
    found = {canvas.beginnings.get(name, "")}
    for node in canvas.nodes.values():
        for _, item in records(node.data.get("items"), ()):
            if node.kind != "assigner" or selector(item.get("variable_selector")) != ("conversation", name):
                continue
            if item.get("operation") == "clear":
                found.add("")
            elif item.get("input_type") == "constant" and isinstance(item.get("value"), str):
                found.add(item["value"])
            else:
                return None
        if node.kind == "assigner" and selector(node.data.get("assigned_variable_selector")) == (
            "conversation",
            name,
        ):
            return None
    return frozenset(found) if len(found) > 1 else None


def _enum(node: Node, name: str) -> Values | None:
    properties = mapping(mapping(node.data.get("output_schema")).get("properties"))
    allowed = sequence(mapping(properties.get(name)).get("enum"))
    return frozenset(map(str, allowed)) or None


def _options(node: Node, name: str) -> Values | None:
    for _, field in records(node.data.get("variables"), ()):
        if field.get("variable") == name and field.get("type") == "select":
            return frozenset(text(option) for option in sequence(field.get("options"))) | {""}
    return None


def _members(node: Node, name: str) -> list[tuple[str, ...]]:
    settings = mapping(node.data.get("advanced_settings"))
    chosen = node.data.get("variables")
    if settings.get("group_enabled") is True:
        groups = [group for _, group in records(settings.get("groups"), ())]
        chosen = next((group.get("variables") for group in groups if group.get("group_name") == name), None)
    return [found for found in map(selector, sequence(chosen)) if found]
