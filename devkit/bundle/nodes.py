# SPDX-License-Identifier: Apache-2.0
"""The data of each type of node, in the shape of Dify's own export."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from devkit.bundle.canvas import stable_uuid
from devkit.declarations import Declarations, ToolDeclaration

type Selector = Sequence[str]
type Data = dict[str, Any]

PROVIDER = "approvalkit/approvals/approvals"
_TEMPLATED_TYPES = frozenset({"string", "secret-input"})
_RETRY = {"retry_enabled": True, "max_retries": 10, "retry_interval": 5000}
"""50 seconds: a restart of the plugin daemon took 12. The plugin raises only what a retry can mend."""


class SharedSchema(dict[str, Any]):
    """A tool's output schema. The writer prints it once and refers to it from then on."""

    def __init__(self, name: str, schema: Mapping[str, Any]) -> None:
        super().__init__(schema)
        self.name = name


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a start form."""

    variable: str
    label: str
    type: str
    required: bool = False
    default: str = ""
    max_length: int | None = None
    options: tuple[str, ...] = ()

    @property
    def data(self) -> Data:
        """The field as the start node keeps it."""
        return {
            "variable": self.variable,
            "label": self.label,
            "type": self.type,
            "required": self.required,
            "hide": False,
            "default": self.default,
            "max_length": self.max_length,
            "options": list(self.options),
            "placeholder": "",
            "hint": "",
        }


def start(title: str, fields: Sequence[Field]) -> Data:
    """A form that a person fills in."""
    return {**common("start", title), "variables": [field.data for field in fields]}


@dataclass(frozen=True, slots=True)
class Tools:
    """Makes nodes that call the plugin's tools. One workflow uses one instance, so that each schema is printed once."""

    declarations: Declarations
    _schemas: dict[str, SharedSchema] = field(default_factory=dict)

    def node(
        self, name: str, title: str, desc: str, failed: Mapping[str, str | list[Any]], **parameters: Any
    ) -> Data:
        """A call of one tool. If all retries fail, the run goes on with the values in `failed` as its answer.

        A parameter that is a list is the selector of a variable, anything else a text with `{{#node.variable#}}` in
        it, or a constant.
        """
        declared = self.declarations[PROVIDER, name]
        schema = self._schemas.setdefault(name, SharedSchema(name, declared.output_schema))
        defaults = {"status": "unavailable", **failed}
        return {
            **common("tool", title, desc),
            "provider_id": declared.provider_id,
            "provider_name": declared.provider_id,
            "provider_type": "builtin",
            "plugin_id": declared.provider_id.rpartition("/")[0],
            "tool_name": declared.name,
            "tool_label": declared.label,
            "tool_description": declared.description,
            "tool_node_version": "2",
            "tool_configurations": {},
            "tool_parameters": {key: _input(declared, key, value) for key, value in parameters.items()},
            "retry_config": dict(_RETRY),
            "error_strategy": "default-value",
            "default_value": [
                {"key": key, "type": "string" if isinstance(value, str) else "array[object]", "value": value}
                for key, value in defaults.items()
            ],
            "output_schema": schema,
        }


def _input(declared: ToolDeclaration, name: str, value: Any) -> Data:
    parameter = declared.parameter(name)
    if parameter is None:
        raise ValueError(f"tool {declared.name!r} has no parameter {name!r}")
    if isinstance(value, list):
        return {"type": "variable", "value": value}
    return {"type": "mixed" if parameter.type in _TEMPLATED_TYPES else "constant", "value": value}


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison of an if-else."""

    selector: Selector
    operator: str
    value: str
    kind: str = "string"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """A case of an if-else in which one condition is enough."""

    conditions: Sequence[Condition]


def if_else(node_id: str, title: str, desc: str, cases: Mapping[str, Sequence[Condition] | AnyOf]) -> Data:
    """A branch: the first case whose conditions hold, all of them unless it is an `AnyOf`, by its id; else `false`."""
    return {
        **common("if-else", title, desc),
        "cases": [
            {
                "id": case_id,
                "case_id": case_id,
                "logical_operator": "or" if isinstance(case, AnyOf) else "and",
                "conditions": [
                    {
                        "id": stable_uuid(node_id, case_id, str(number)),
                        "variable_selector": list(condition.selector),
                        "varType": condition.kind,
                        "comparison_operator": condition.operator,
                        "value": condition.value,
                    }
                    for number, condition in enumerate(case.conditions if isinstance(case, AnyOf) else case)
                ],
            }
            for case_id, case in cases.items()
        ],
    }


def template(title: str, desc: str, text: str, variables: Mapping[str, Selector]) -> Data:
    """Text from a Jinja template. A variable that does not exist is None there."""
    return {
        **common("template-transform", title, desc),
        "variables": [
            {"variable": name, "value_selector": list(selector)} for name, selector in variables.items()
        ],
        "template": text,
    }


def aggregator(title: str, desc: str, kind: str, selectors: Sequence[Selector]) -> Data:
    """The first variable that exists, as `output`."""
    return {
        **common("variable-aggregator", title, desc),
        "output_type": kind,
        "variables": [list(selector) for selector in selectors],
    }


def grouped(node_id: str, title: str, desc: str, groups: Mapping[str, Sequence[Selector]]) -> Data:
    """In each group, the first text that exists, as `group.output`."""
    return {
        **aggregator(title, desc, "string", ()),
        "advanced_settings": {
            "group_enabled": True,
            "groups": [
                {
                    "groupId": stable_uuid(node_id, name),
                    "group_name": name,
                    "output_type": "string",
                    "variables": [list(selector) for selector in selectors],
                }
                for name, selectors in groups.items()
            ],
        },
    }


def iteration(  # noqa: PLR0913 - the settings of the node
    title: str,
    desc: str,
    *,
    start_id: str,
    items: Selector,
    result: Selector,
    at_once: int,
    gives: str = "array[string]",
) -> Data:
    """Rounds over a list, `at_once` of them side by side; one that fails leaves None in its place."""
    return {
        **common("iteration", title, desc),
        "start_node_id": start_id,
        "iterator_selector": list(items),
        "iterator_input_type": "array[object]",
        "output_selector": list(result),
        "output_type": gives,
        "is_parallel": at_once > 1,
        "parallel_nums": at_once,
        "error_handle_mode": "continue-on-error",
        "flatten_output": False,
    }


def end(title: str, outputs: Mapping[str, tuple[Selector, str]]) -> Data:
    """What the run answers: each output's variable and its type."""
    return {
        **common("end", title),
        "outputs": [
            {"variable": name, "value_selector": list(selector), "value_type": kind}
            for name, (selector, kind) in outputs.items()
        ],
    }


def common(kind: str, title: str, desc: str = "") -> Data:
    """What every node has."""
    return {"type": kind, "title": title, "desc": desc, "selected": False}
