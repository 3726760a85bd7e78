# SPDX-License-Identifier: Apache-2.0
"""What must hold of `approval.yml` as a file, before anybody runs it."""

import re
import uuid
from collections import Counter
from itertools import combinations
from typing import Any

import pytest
import yaml

from devkit.bundle.__main__ import ROOT, main, written
from devkit.engine import read_declarations
from tests.workflows.conftest import approval_workflow

WORKFLOW = approval_workflow()
DOCUMENT = yaml.safe_load((ROOT / "workflows" / "approval.yml").read_text(encoding="utf-8"))
GRAPH = DOCUMENT["workflow"]["graph"]
SHELLS = {node["id"]: node for node in GRAPH["nodes"]}
TOOLS = {key: data for key, data in WORKFLOW.nodes.items() if data["type"] == "tool"}
FORMS = {key: data for key, data in WORKFLOW.nodes.items() if data["type"] == "human-input"}


def test_the_file_is_what_its_description_makes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0, capsys.readouterr().out
    assert written() == written()


def test_dify_1_13_imports_it_without_a_question() -> None:
    assert DOCUMENT["version"] == "0.6.0"
    assert DOCUMENT["kind"] == "app"
    assert DOCUMENT["app"]["mode"] == "workflow"
    assert DOCUMENT["dependencies"] == []


def handles(data: dict[str, Any]) -> set[str]:
    match data["type"]:
        case "if-else":
            return {case["case_id"] for case in data["cases"]} | {"false"}
        case "human-input":
            return {action["id"] for action in data["user_actions"]} | {"__timeout"}
        case "end":
            return set()
        case _:
            return {"source", "fail-branch"} if data.get("error_strategy") == "fail-branch" else {"source"}


def test_every_handle_is_wired_once_and_to_no_other() -> None:
    wired = Counter((edge.source, edge.handle) for edge in WORKFLOW.edges)
    expected = {(key, handle) for key, data in WORKFLOW.nodes.items() for handle in handles(dict(data))}

    assert set(wired) == expected
    assert max(wired.values()) == 1


def test_ids_and_titles_are_ones_that_templates_and_people_can_name() -> None:
    assert all(re.fullmatch(r"[A-Za-z0-9_]{1,50}", key) for key in WORKFLOW.nodes)
    titles = Counter(data["title"] for data in WORKFLOW.nodes.values())
    assert max(titles.values()) == 1


@pytest.mark.parametrize("node", TOOLS)
def test_a_tool_node_knows_its_tool_as_the_plugin_declares_it(node: str) -> None:
    data = TOOLS[node]
    tool = read_declarations(ROOT)[data["provider_id"], data["tool_name"]]

    assert data["output_schema"] == tool.output_schema
    assert data["tool_parameters"].keys() <= {parameter.name for parameter in tool.parameters}
    assert {parameter.name for parameter in tool.parameters if parameter.required} <= data[
        "tool_parameters"
    ].keys()
    assert data["retry_config"]["retry_enabled"]
    assert data["error_strategy"] == "fail-branch"
    assert "credential_id" not in data


@pytest.mark.parametrize("node", FORMS)
def test_a_form_can_be_delivered_answered_and_timed_out(node: str) -> None:
    data = FORMS[node]
    methods = {method["type"]: method for method in data["delivery_methods"]}

    assert methods.keys() == {"webapp", "email"}
    assert all(uuid.UUID(method["id"]) and method["enabled"] for method in methods.values())
    assert "{{#url#}}" in methods["email"]["config"]["body"]
    assert [
        who["email"].endswith("@example.com") for who in methods["email"]["config"]["recipients"]["items"]
    ] == [True]
    assert data["timeout_unit"] == "day"
    assert data["timeout"] < 7
    assert all(
        f"{{{{#$output.{field['output_variable_name']}#}}}}" in data["form_content"]
        for field in data["inputs"]
    )


def test_every_variable_that_is_read_comes_from_a_node_upstream() -> None:
    upstream: dict[str, set[str]] = {key: set() for key in WORKFLOW.nodes}
    for _ in upstream:
        for edge in WORKFLOW.edges:
            upstream[edge.target] |= upstream[edge.source] | {edge.source}
    offered = {"sys", "env"}

    for key, data in WORKFLOW.nodes.items():
        read = set(re.findall(r"\{\{#([a-z_]+)\.", yaml.safe_dump(dict(data)))) | selected(dict(data))
        assert read <= upstream[key] | offered, key


def selected(value: Any) -> set[str]:
    """The nodes that a node's data selects variables of."""
    if isinstance(value, dict):
        here = [value.get(key) for key in ("value_selector", "variable_selector")]
        here += [value["value"]] if value.get("type") == "variable" else []
        here += (
            value["variables"] if isinstance(value.get("variables"), list) and "output_type" in value else []
        )
        mine = {one[0] for one in here if isinstance(one, list) and one and isinstance(one[0], str)}
        return mine.union(*(selected(child) for child in value.values()))
    return set().union(*(selected(child) for child in value)) if isinstance(value, list) else set()


def test_the_canvas_reads_from_left_to_right_and_nothing_covers_anything() -> None:
    for edge in WORKFLOW.edges:
        assert SHELLS[edge.source]["position"]["x"] < SHELLS[edge.target]["position"]["x"], str(edge)
    for one, other in combinations(SHELLS.values(), 2):
        assert not overlapping(one, other), (one["id"], other["id"])


def overlapping(one: dict[str, Any], other: dict[str, Any]) -> bool:
    def apart(axis: str, size: str) -> bool:
        low, high = sorted((one, other), key=lambda node: node["position"][axis])
        return bool(low["position"][axis] + low[size] <= high["position"][axis])

    return not (apart("x", "width") or apart("y", "height"))


def test_only_what_the_form_node_of_1_13_gives_is_read() -> None:
    assert "__action_value" not in (ROOT / "workflows" / "approval.yml").read_text(encoding="utf-8")


def test_the_notes_name_what_to_edit() -> None:
    notes = " ".join(node["data"]["text"] for node in GRAPH["nodes"] if node["type"] == "custom-note")

    assert all(word in notes for word in ("credential", "e-mail", "POLICY"))
