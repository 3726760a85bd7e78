# SPDX-License-Identifier: Apache-2.0
"""Small workflows and scripted tools, for the runner's tests to play with."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import yaml

from devkit.declarations import ParameterDeclaration
from devkit.engine import (
    Runner,
    ToolCaller,
    ToolDeclaration,
    ToolFailure,
    ToolResult,
    Workflow,
    parse_workflow,
)

PROVIDER = "acme/kit/kit"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)

type Answer = Mapping[str, Any] | ToolFailure


@dataclass(slots=True)
class SetClock:
    """A clock that stands where it is put."""

    time: datetime = NOON

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        """Nothing waits here."""


@dataclass(slots=True)
class ScriptedTools:
    """Answers each call of the tool `act` with the next of `answers`, or with what a function makes of it."""

    answers: Sequence[Answer] | Callable[[dict[str, Any]], Answer] = ()
    received: list[dict[str, Any]] = field(default_factory=list)

    def call(self, provider_id: str, tool_name: str, parameters: dict[str, Any], app_id: str) -> ToolResult:
        self.received.append(parameters)
        answers = self.answers
        answer = answers(parameters) if callable(answers) else answers[len(self.received) - 1]
        if isinstance(answer, ToolFailure):
            raise answer
        return ToolResult(variables=answer, json=[dict(answer)], text="said")


def declared(*parameters: tuple[str, str]) -> Mapping[tuple[str, str], ToolDeclaration]:
    """The tool `act`, with optional parameters of these names and types."""
    tool = ToolDeclaration(
        provider_id=PROVIDER,
        name="act",
        label="Act",
        description="Acts.",
        parameters=tuple(
            ParameterDeclaration(name, kind, "llm", required=False) for name, kind in parameters
        ),
        output_schema={},
    )
    return {(PROVIDER, "act"): tool}


def runner(tools: ToolCaller | None = None, *parameters: tuple[str, str], **options: Any) -> Runner:
    """A runner on a still clock, with the tool `act`. `options` are the runner's own."""
    settings = {"clock": SetClock(), **options}
    return Runner(caller=tools or ScriptedTools(), declarations=declared(*parameters), **settings)


def workflow(
    nodes: Mapping[str, Mapping[str, Any]], edges: str, environment: Sequence[Mapping[str, Any]] = ()
) -> Workflow:
    """A workflow. `edges` is a text such as `start -> act, act -fail-branch-> output`."""
    return parse_workflow(dsl(nodes, edges, environment))


def dsl(
    nodes: Mapping[str, Mapping[str, Any]], edges: str = "", environment: Sequence[Mapping[str, Any]] = ()
) -> str:
    """The file of such a workflow. `parent` in a node's data puts the node into that iteration."""
    graph = {
        "nodes": [_node(node_id, data) for node_id, data in nodes.items()],
        "edges": [_edge(arrow, nodes) for arrow in edges.split(",") if arrow.strip()],
    }
    document = {
        "version": "0.6.0",
        "kind": "app",
        "app": {"name": "World", "mode": "workflow"},
        "workflow": {"graph": graph, "environment_variables": list(environment)},
    }
    return yaml.safe_dump(document, sort_keys=False)


def act(**changes: Any) -> dict[str, Any]:
    """A tool node that calls `act`; `parameters` are its inputs."""
    parameters = changes.pop("parameters", {})
    return {
        "type": "tool",
        "title": "Act",
        "provider_id": PROVIDER,
        "provider_name": PROVIDER,
        "provider_type": "builtin",
        "tool_name": "act",
        "tool_label": "Act",
        "tool_node_version": "2",
        "tool_configurations": {},
        "tool_parameters": {
            name: {"type": "variable" if isinstance(value, list) else "mixed", "value": value}
            for name, value in parameters.items()
        },
        **changes,
    }


def start(*fields: Mapping[str, Any]) -> dict[str, Any]:
    """A start node with these fields; `name` and `type` are enough."""
    variables = [{"variable": one["name"], "label": one["name"], **one} for one in fields]
    return {"type": "start", "title": "Start", "variables": variables}


def output(**selectors: list[str]) -> dict[str, Any]:
    """An Output node."""
    outputs = [{"variable": name, "value_selector": selector} for name, selector in selectors.items()]
    return {"type": "end", "title": "Output", "outputs": outputs}


def answer(text: str) -> dict[str, Any]:
    """An Answer node of a chatflow."""
    return {"type": "answer", "title": "Say", "answer": text}


def chosen(query: str) -> dict[str, Any]:
    """An if-else node: `yes` when the message is `query`, else `false`."""
    condition = {
        "id": "c",
        "variable_selector": ["sys", "query"],
        "varType": "string",
        "comparison_operator": "is",
        "value": query,
    }
    case = {"case_id": "yes", "logical_operator": "and", "conditions": [condition]}
    return {"type": "if-else", "title": "Which", "cases": [case]}


def form(**changes: Any) -> dict[str, Any]:
    """A Human Input node with a comment and the buttons yes and no, open for two hours."""
    return {
        "type": "human-input",
        "title": "Ask",
        "form_content": "Please decide.\n\n{{#$output.comment#}}",
        "inputs": [{"type": "paragraph", "output_variable_name": "comment"}],
        "user_actions": [{"id": "yes", "title": "Yes"}, {"id": "no", "title": "No"}],
        "timeout": 2,
        "timeout_unit": "hour",
        **changes,
    }


def _node(node_id: str, data: Mapping[str, Any]) -> dict[str, Any]:
    shell = {"id": node_id, "type": "custom", "data": dict(data)}
    return {**shell, "parentId": data["iteration_id"]} if "iteration_id" in data else shell


def _edge(arrow: str, nodes: Mapping[str, Any]) -> dict[str, Any]:
    left, target = (part.strip() for part in arrow.split("->"))
    source, _, handle = left.partition(" -")
    handle = handle or "source"
    shell = {"id": f"{source}-{handle}-{target}", "type": "custom"}
    return {**shell, "source": source, "sourceHandle": handle, "target": target, "targetHandle": "target"}
