# SPDX-License-Identifier: Apache-2.0
"""A small workflow with a node of most types, without a fault, for tests to break in one place each."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from devkit.declarations import read_declarations
from devkit.lint.finding import Finding, Strength
from devkit.lint.linter import Linter
from devkit.lint.source import Source

ROOT = Path(__file__).resolve().parents[3]
WORKFLOWS = sorted((ROOT / "workflows").glob("*.yml"))
TOOLS = read_declarations(ROOT)
DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # the one in C is several times faster
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
PROVIDER = "approvalkit/approvals/approvals"
ROUTE = TOOLS[PROVIDER, "route_approval"]

type Document = dict[str, Any]
type Breaker = Callable[[Document], object]


def uuid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}"


def lint(document: Any, strength: Strength = Strength.BUNDLE) -> list[Finding]:
    """What is wrong with a document. It is written and read in C, which for what we write gives the same places."""
    text = yaml.dump(document, Dumper=DUMPER, allow_unicode=True, sort_keys=False)
    source = Source(yaml.load(text, Loader=LOADER), yaml.compose(text, Loader=LOADER))  # noqa: S506 - a safe loader
    return Linter(strength, TOOLS).check("flow.yml", source)


def lint_text(text: str, strength: Strength = Strength.BUNDLE) -> list[Finding]:
    return Linter(strength, TOOLS).lint("flow.yml", text.encode())


def rules(findings: list[Finding]) -> set[str]:
    return {finding.rule for finding in findings}


def data(document: Document, node_id: str) -> dict[str, Any]:
    """The data of a node."""
    return shell(document, node_id)["data"]  # type: ignore[no-any-return]


def shell(document: Document, node_id: str) -> dict[str, Any]:
    return next(node for node in document["workflow"]["graph"]["nodes"] if node["id"] == node_id)


def edge(document: Document, source: str, target: str) -> dict[str, Any]:
    edges = document["workflow"]["graph"]["edges"]
    return next(one for one in edges if (one["source"], one["target"]) == (source, target))


def remove_edge(document: Document, source: str, target: str) -> None:
    document["workflow"]["graph"]["edges"].remove(edge(document, source, target))


def add_node(document: Document, node_id: str, kind: str, parent: str = "", **parts: Any) -> None:
    """A node as Dify draws it."""
    inside = {"isInIteration": True, "iteration_id": parent} if parent else {}
    node: dict[str, Any] = {
        "id": node_id,
        "type": "custom-iteration-start" if kind == "iteration-start" else "custom",
        "data": {"type": kind, "title": node_id.title(), "desc": "", "selected": False, **inside, **parts},
        "position": {"x": 0, "y": 0},
        "positionAbsolute": {"x": 0, "y": 0},
        "width": 244,
        "height": 90,
        "sourcePosition": "right",
        "targetPosition": "left",
        "selected": False,
    }
    if parent:
        node |= {"parentId": parent, "extent": "parent", "zIndex": 1002}
    document["workflow"]["graph"]["nodes"].append(node)


def add_edge(document: Document, source: str, target: str, handle: str = "source") -> None:
    ends = {"sourceType": data(document, source)["type"], "targetType": data(document, target)["type"]}
    inside = "isInIteration" in data(document, source) and "isInIteration" in data(document, target)
    document["workflow"]["graph"]["edges"].append(
        {
            "id": f"{source}-{handle}-{target}-target",
            "type": "custom",
            "source": source,
            "sourceHandle": handle,
            "target": target,
            "targetHandle": "target",
            "zIndex": 0,
            "data": {**ends, "isInIteration": inside, "isInLoop": False},
        }
    )


def field(name: str, kind: str = "text-input", **parts: Any) -> dict[str, Any]:
    return {"variable": name, "label": name.title(), "type": kind, "required": True, **parts}


def condition(
    number: int, selector: list[str], operator: str, value: str, kind: str = "string"
) -> dict[str, Any]:
    return {
        "id": uuid(number),
        "variable_selector": selector,
        "varType": kind,
        "comparison_operator": operator,
        "value": value,
    }


def form() -> dict[str, Any]:
    """The data of a Human Input node with two buttons."""
    mail = {
        "recipients": {"whole_workspace": False, "items": [{"type": "external", "email": "ann@contoso.com"}]},
        "subject": "Please decide",
        "body": "{{#line.output#}} Decide here: {{#url#}}",
        "debug_mode": False,
    }
    return {
        "delivery_methods": [
            {"id": uuid(1), "type": "webapp", "enabled": True, "config": {}},
            {"id": uuid(2), "type": "email", "enabled": True, "config": mail},
        ],
        "form_content": "{{#line.output#}}\n\n{{#$output.comment#}}",
        "inputs": [{"type": "paragraph", "output_variable_name": "comment"}],
        "user_actions": [
            {"id": "approve", "title": "Approve", "button_style": "primary"},
            {"id": "reject", "title": "Reject", "button_style": "default"},
        ],
        "timeout": 2,
        "timeout_unit": "day",
    }


def route(**parameters: Any) -> dict[str, Any]:
    """The data of a tool node that calls `route_approval`."""
    return {
        "provider_id": PROVIDER,
        "provider_name": PROVIDER,
        "provider_type": "builtin",
        "plugin_id": "approvalkit/approvals",
        "tool_name": "route_approval",
        "tool_label": ROUTE.label,
        "tool_node_version": "2",
        "tool_configurations": {},
        "tool_parameters": parameters,
        "output_schema": dict(ROUTE.output_schema),
        "retry_config": {"retry_enabled": True, "max_retries": 10, "retry_interval": 5000},
        "error_strategy": "fail-branch",
    }


def put(node_id: str, *steps: Any, value: Any) -> Breaker:
    """Sets one part of a node's data."""

    def breaker(document: Document) -> None:
        part: Any = data(document, node_id)
        for step in steps[:-1]:
            part = part[step]
        part[steps[-1]] = value

    return breaker


def both(*breakers: Breaker) -> Breaker:
    def breaker(document: Document) -> None:
        for each in breakers:
            each(document)

    return breaker
