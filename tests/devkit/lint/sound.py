# SPDX-License-Identifier: Apache-2.0
"""The workflow without a fault."""

import json

from tests.devkit.lint.flows import Document, add_edge, add_node, condition, field, form, route, uuid


def sound() -> Document:
    """Start → submit → (closed | line → ask → record) → state → output, and beside it code and an iteration."""
    document: Document = {
        "version": "0.6.0",
        "kind": "app",
        "app": {
            "name": "Small",
            "description": "Asks one person.",
            "mode": "workflow",
            "icon_type": "emoji",
            "icon": "✅",
            "icon_background": "#E4F2E7",
            "use_icon_as_answer_icon": False,
        },
        "dependencies": [],
        "workflow": {
            "environment_variables": [
                {
                    "id": uuid(9),
                    "name": "POLICY",
                    "value_type": "string",
                    "value": "",
                    "description": "Yours.",
                    "selector": ["env", "POLICY"],
                }
            ],
            "conversation_variables": [],
            "features": {},
            "graph": {"viewport": {"x": 0, "y": 0, "zoom": 1}, "nodes": [], "edges": []},
        },
    }
    _nodes(document)
    _edges(document)
    copy: Document = json.loads(
        json.dumps(document)
    )  # so that no two places, and no two tests, share an object
    return copy


def _nodes(document: Document) -> None:
    request_id = {"type": "mixed", "value": "{{#sys.workflow_run_id#}}"}
    fields = [
        field("what"),
        field("amount", "number"),
        field("kind", "select", options=["expense", "access"], default="access"),
    ]
    add_node(document, "start", "start", variables=fields)
    event = {"type": "mixed", "value": "submit"}
    add_node(document, "submit", "tool", **route(request_id=request_id, event=event))
    closed = condition(3, ["submit", "next_step"], "is", "closed")
    large = condition(4, ["start", "amount"], ">", "100", "number")
    cases = [{"id": "done", "case_id": "done", "logical_operator": "and", "conditions": [closed, large]}]
    add_node(document, "who", "if-else", cases=cases)
    variables = [{"variable": "what", "value_selector": ["start", "what"]}]
    add_node(
        document, "line", "template-transform", template="{{ what | upper }}", variables=variables,
        error_strategy="default-value", default_value=[{"key": "output", "type": "string", "value": ""}],
    )  # fmt: skip
    add_node(document, "ask", "human-input", **form())
    decision = {"type": "variable", "value": ["ask", "__action_id"]}
    add_node(document, "record", "tool", **route(request_id=request_id, event=decision))
    states = [["record", "state"], ["submit", "state"]]
    add_node(document, "state", "variable-aggregator", output_type="string", variables=states)
    code = "def main(state: str) -> dict:\n    return {'parts': [state]}\n"
    add_node(
        document, "split", "code", code=code, code_language="python3",
        variables=[{"variable": "state", "value_selector": ["state", "output"]}],
        outputs={"parts": {"type": "array[string]", "children": None}},
    )  # fmt: skip
    add_node(
        document, "each", "iteration", start_node_id="eachstart", iterator_selector=["split", "parts"],
        output_selector=["shout", "output"], output_type="array[string]",
    )  # fmt: skip
    add_node(document, "eachstart", "iteration-start", "each")
    item = [{"variable": "item", "value_selector": ["each", "item"]}]
    add_node(document, "shout", "template-transform", "each", template="{{ item }}!", variables=item)
    outputs = [
        {"variable": "state", "value_selector": ["state", "output"], "value_type": "string"},
        {"variable": "shouted", "value_selector": ["each", "output"], "value_type": "array[string]"},
    ]
    add_node(document, "output", "end", outputs=outputs)


def _edges(document: Document) -> None:
    for source, target, *handles in (
        ("start", "submit"),
        ("submit", "who"),
        ("submit", "line", "fail-branch"),
        ("who", "state", "done"),
        ("who", "line", "false"),
        ("line", "ask"),
        ("ask", "record", "approve"),
        ("ask", "record", "reject"),
        ("ask", "state", "__timeout"),
        ("record", "state"),
        ("record", "state", "fail-branch"),
        ("state", "split"),
        ("split", "each"),
        ("eachstart", "shout"),
        ("each", "output"),
    ):
        add_edge(document, source, target, *handles)
