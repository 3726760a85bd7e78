# SPDX-License-Identifier: Apache-2.0
"""Ways to break what the sound workflow gives to this plugin's tools, that a rule must find."""

from collections.abc import Mapping
from typing import Any

from tests.devkit.lint.flows import (
    PROVIDER,
    TOOLS,
    Breaker,
    Document,
    add_edge,
    add_node,
    both,
    data,
    edge,
    put,
    route,
)

POLICY = "{version: 1, rules: [{name: door, when: {request_type: [access]}, then: {stages: [manager]}}]}"


def analyzed(policy: str, given: Any = None) -> Breaker:
    """A tool that reads the request, with this policy in the environment, or with `given` as its parameter."""

    def breaker(document: Document) -> None:
        document["workflow"]["environment_variables"][0]["value"] = policy
        parameters = {
            "content": {"type": "variable", "value": ["start", "what"]},
            "request_type": {"type": "variable", "value": ["start", "kind"]},
            "policy": given or {"type": "variable", "value": ["env", "POLICY"]},
        }
        analysis = route(**parameters) | {"tool_name": "analyze_approval"}
        analysis["output_schema"] = dict(TOOLS[PROVIDER, "analyze_approval"].output_schema)
        add_node(document, "analyze", "tool", **{**analysis, "error_strategy": "default-value"})
        ahead(document, "analyze")

    return breaker


def ahead(document: Document, node_id: str) -> None:
    """Put a node between the start and what follows it."""
    first = edge(document, "start", "submit")
    first.update(source=node_id, id=f"{node_id}-source-submit-target")
    first["data"]["sourceType"] = data(document, node_id)["type"]
    add_edge(document, "start", node_id)


TOOL_BREAKERS: Mapping[str, tuple[Breaker, ...]] = {
    "tool-retry": (
        lambda document: data(document, "submit").pop("retry_config"),
        put("submit", "retry_config", "retry_enabled", value=False),
        put("record", "retry_config", "max_retries", value=2),
        put("record", "retry_config", "retry_interval", value=1000),
    ),
    "policy": (
        analyzed("rules: [{name: small}]"),
        analyzed("version: 1\nrules: {"),
        analyzed("", given={"type": "mixed", "value": "no policy"}),
    ),
    "policy-types": (
        analyzed(""),
        analyzed(POLICY.replace("access", "contract")),
        analyzed("", given={"type": "mixed", "value": POLICY.replace("access", "contract")}),
        both(
            analyzed(POLICY),
            put("start", "variables", 2, "options", value=["expense"]),
            put("start", "variables", 2, "default", value="expense"),
        ),
    ),
}
