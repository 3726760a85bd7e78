# SPDX-License-Identifier: Apache-2.0
"""What must hold of every workflow file, before anybody runs it."""

import re
import uuid
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest
import yaml

from approvals.domain.terms import Level
from devkit.bundle.command import ROOT, check, shipped_tools, written
from devkit.engine import Workflow, load_workflow
from devkit.paths import count_paths

TEXTS = {path.name: path.read_text(encoding="utf-8") for path in sorted((ROOT / "workflows").glob("*.yml"))}
WORKFLOWS = {name: load_workflow(ROOT / "workflows" / name) for name in TEXTS}
DOCUMENTS = {name: yaml.load(text, Loader=yaml.CSafeLoader) for name, text in TEXTS.items()}
TOOLS = shipped_tools(ROOT)
CHATFLOWS = {"approval_chat.yml"}
NEWER = {"approval_v2.yml"}  # for Dify 1.20 and later

every_file = pytest.mark.parametrize("name", TEXTS)


def of_type(kind: str, version: str = "1") -> list[Any]:
    """Every node of a type, in every file."""
    return [
        pytest.param(name, dict(data), id=f"{name}: {key}")
        for name, workflow in WORKFLOWS.items()
        for key, data in workflow.nodes.items()
        if data["type"] == kind and data.get("version", "1") == version
    ]


def shells(name: str) -> dict[str, dict[str, Any]]:
    return {node["id"]: node for node in DOCUMENTS[name]["workflow"]["graph"]["nodes"]}


def test_the_files_are_what_their_descriptions_make(capsys: pytest.CaptureFixture[str]) -> None:
    assert check(ROOT / "workflows") == 0, capsys.readouterr().out
    assert written().keys() == TEXTS.keys()
    assert written() == written()


@every_file
def test_dify_imports_it_without_a_question(name: str) -> None:
    document = DOCUMENTS[name]
    assert document["version"] == ("0.7.0" if name in NEWER else "0.6.0")
    assert document["kind"] == "app"
    assert document["app"]["mode"] == ("advanced-chat" if name in CHATFLOWS else "workflow")
    assert document["dependencies"] == []


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


@every_file
def test_every_handle_is_wired_once_and_to_no_other(name: str) -> None:
    workflow = WORKFLOWS[name]
    wired = Counter((edge.source, edge.handle) for edge in workflow.edges)
    expected = {(key, handle) for key, data in workflow.nodes.items() for handle in handles(dict(data))}
    last_words = {(key, "source") for key, data in workflow.nodes.items() if ends_here(workflow, key, data)}

    assert set(wired) == expected - last_words
    twice = {(root(name), "source")} if name in CHATFLOWS else set()  # see devkit/bundle/approval_chat.py
    assert {handle for handle, times in wired.items() if times > 1} == twice


def root(name: str) -> str:
    return WORKFLOWS[name].root()


def ends_here(workflow: Workflow, key: str, data: Any) -> bool:
    """A turn of a conversation may end with an answer or a memory, a round of an iteration with its last node."""
    leaves = not any(edge.source == key for edge in workflow.edges)
    return leaves and (data["type"] in {"answer", "assigner"} or "iteration_id" in data)


@every_file
def test_ids_and_titles_are_ones_that_templates_and_people_can_name(name: str) -> None:
    nodes = WORKFLOWS[name].nodes
    assert all(re.fullmatch(r"[A-Za-z0-9_]{1,50}", key) for key in nodes)
    titles = Counter(data["title"] for data in nodes.values())
    assert max(titles.values()) == 1


@pytest.mark.parametrize(("name", "data"), of_type("tool"))
def test_a_tool_node_knows_its_tool_as_the_plugin_declares_it(name: str, data: dict[str, Any]) -> None:
    tool = TOOLS[data["provider_id"], data["tool_name"]]
    required = {parameter.name for parameter in tool.parameters if parameter.required}

    assert data["output_schema"] == tool.output_schema
    assert required <= data["tool_parameters"].keys() <= {parameter.name for parameter in tool.parameters}
    assert data["retry_config"] == {"retry_enabled": True, "max_retries": 10, "retry_interval": 5000}
    assert data["error_strategy"] == "default-value"
    assert {"key": "status", "type": "string", "value": "unavailable"} in data["default_value"]
    assert "credential_id" not in data


@pytest.mark.parametrize(("name", "data"), of_type("human-input"))
def test_a_form_can_be_delivered_answered_and_timed_out(name: str, data: dict[str, Any]) -> None:
    methods = {method["type"]: method for method in data["delivery_methods"]}

    assert methods.keys() == {"email"}, "the web app shows a form to whoever started the run"
    assert all(uuid.UUID(method["id"]) and method["enabled"] for method in methods.values())
    assert "{{#url#}}" in methods["email"]["config"]["body"]
    recipients = methods["email"]["config"]["recipients"]["items"]
    assert [who["email"].endswith("@example.com") for who in recipients] == [True]
    assert (data["timeout_unit"], data["timeout"]) == ("day", 2)
    fields = [field["output_variable_name"] for field in data["inputs"]]
    assert all(f"{{{{#$output.{field}#}}}}" in data["form_content"] for field in fields)


@pytest.mark.parametrize(("name", "data"), of_type("human-input", "2"))
def test_a_form_of_dify_1_20_goes_to_an_address_that_stands_in_no_file(
    name: str, data: dict[str, Any]
) -> None:
    [recipient] = data["recipients_spec"]
    node, variable = recipient["selector"]
    kind = WORKFLOWS[name].nodes[node]["type"]

    assert recipient["type"] == "dynamic_email"
    assert (kind, variable) in {("tool", "approver_email"), ("variable-aggregator", "output")}
    assert data["message_template"]["subject"].strip()
    assert data["message_template"]["body"].count("{{#url#}}") == 1
    assert data["debug_mode"] == {"enabled": False, "channels": []}
    assert "@" not in yaml.safe_dump(data)
    assert (data["timeout_unit"], data["timeout"]) == ("day", 2)


def test_only_the_file_for_dify_1_20_has_the_newer_form() -> None:
    assert {part.values[0] for part in of_type("human-input", "2")} == NEWER
    assert not NEWER & {part.values[0] for part in of_type("human-input")}


@every_file
def test_every_variable_that_is_read_comes_from_a_node_upstream(name: str) -> None:
    workflow = WORKFLOWS[name]
    arrows = [(edge.source, edge.target) for edge in workflow.edges]
    arrows += [
        (key, data["start_node_id"]) for key, data in workflow.nodes.items() if "start_node_id" in data
    ]
    upstream: dict[str, set[str]] = {key: set() for key in workflow.nodes}
    for _ in upstream:
        for source, target in arrows:
            upstream[target] |= upstream[source] | {source}

    for key, data in workflow.nodes.items():
        read = set(re.findall(r"\{\{#([a-z_]+)\.", yaml.safe_dump(dict(data)))) | selected(dict(data))
        assert read <= upstream[key] | {"sys", "env", "conversation"}, key


def selected(value: Any) -> set[str]:
    """The nodes that a node's data selects variables of."""
    if isinstance(value, dict):
        here = [value.get(key) for key in ("value_selector", "variable_selector", "iterator_selector")]
        here += [value["value"]] if value.get("type") == "variable" else []
        here += (
            value["variables"] if isinstance(value.get("variables"), list) and "output_type" in value else []
        )
        mine = {one[0] for one in here if isinstance(one, list) and one and isinstance(one[0], str)}
        return mine.union(*(selected(child) for child in value.values()))
    return set().union(*(selected(child) for child in value)) if isinstance(value, list) else set()


@every_file
def test_the_canvas_reads_from_left_to_right_and_nothing_covers_anything(name: str) -> None:
    placed = shells(name)
    for edge in WORKFLOWS[name].edges:
        source, target = placed[edge.source], placed[edge.target]
        assert source["positionAbsolute"]["x"] < target["positionAbsolute"]["x"], str(edge)
    for one, other in combinations(placed.values(), 2):
        framed = one["id"] == other.get("parentId")
        assert overlapping(one, other) == framed, (one["id"], other["id"])


def overlapping(one: dict[str, Any], other: dict[str, Any]) -> bool:
    def apart(axis: str, size: str) -> bool:
        low, high = sorted((one, other), key=lambda node: node["positionAbsolute"][axis])
        return bool(low["positionAbsolute"][axis] + low[size] <= high["positionAbsolute"][axis])

    return not (apart("x", "width") or apart("y", "height"))


DECIDING = [name for name, workflow in WORKFLOWS.items() if "ask_manager" in workflow.nodes]
HANDLE, ROW, WINDOW = (
    60,
    28,
    (1440, 800),
)  # of a node that Dify draws; a laptop's window without Dify's own frame


@pytest.mark.parametrize("name", DECIDING)
def test_no_edge_crosses_another_level(name: str) -> None:
    placed = shells(name)
    for edge in WORKFLOWS[name].edges:
        points = list(drawn(placed[edge.source], edge.handle, placed[edge.target]))
        for key, node in placed.items():
            level = key.rpartition("_")[2]
            if level in set(Level) and not {edge.source, edge.target} & {
                other for other in placed if other.endswith(f"_{level}")
            }:
                assert not any(inside(node, x, y) for x, y in points), (str(edge), key)


def drawn(source: dict[str, Any], handle: str, target: dict[str, Any]) -> Iterator[tuple[float, float]]:
    """Points along an edge: a Bezier curve that leaves and arrives level."""
    ways = sorted(handles(source["data"]), key=lambda way: way in {"false", "__timeout"})
    down = HANDLE + 2 * ROW * ways.index(handle) if len(ways) > 1 else HANDLE / 2
    x, y = source["positionAbsolute"]["x"] + source["width"], source["positionAbsolute"]["y"] + down
    to_x, to_y = target["positionAbsolute"]["x"], target["positionAbsolute"]["y"] + HANDLE / 2
    for step in range(101):
        t = step / 100
        bend = 3 * t**2 - 2 * t**3
        yield x + (to_x - x) * (1.5 * t * (1 - t) ** 2 + 1.5 * t**2 * (1 - t) + t**3), y + (to_y - y) * bend


def inside(node: dict[str, Any], x: float, y: float) -> bool:
    left, top = node["positionAbsolute"]["x"], node["positionAbsolute"]["y"]
    return bool(left < x < left + node["width"] and top < y < top + node["height"])


@pytest.mark.parametrize("name", DECIDING)
def test_on_opening_the_note_the_start_and_the_first_level_are_in_view(name: str) -> None:
    view = DOCUMENTS[name]["workflow"]["graph"]["viewport"]
    placed = shells(name)
    for key in ("note_edits", root(name), "ask_manager", "decide_manager"):
        for axis, side, longest in (("x", "width", WINDOW[0]), ("y", "height", WINDOW[1])):
            near = placed[key]["positionAbsolute"][axis] * view["zoom"] + view[axis]
            assert near >= 0, (key, axis)
            assert near + placed[key][side] * view["zoom"] <= longest, (key, axis)


@every_file
def test_nodes_in_an_iteration_stand_inside_its_frame(name: str) -> None:
    placed = shells(name)
    for node in placed.values():
        if "parentId" in node:
            frame = placed[node["parentId"]]
            assert node["position"]["x"] + node["width"] <= frame["width"]
            assert node["position"]["y"] + node["height"] <= frame["height"]


PATHS_AT_MOST = 1_500  # each costs 27 µs at every start and resume, and 0.7 KB at every pause


def paths(name: str) -> int:
    """The paths to all outputs."""
    workflow = WORKFLOWS[name]
    arrows = [(edge.source, edge.target) for edge in workflow.edges]
    types = {key: str(data["type"]) for key, data in workflow.nodes.items()}
    return count_paths(types, arrows, workflow.root()).paths


@every_file
def test_dify_has_few_paths_to_list(name: str) -> None:
    assert paths(name) <= PATHS_AT_MOST


@every_file
def test_nothing_in_the_way_of_a_decision_needs_the_code_sandbox(name: str) -> None:
    needing = [
        key for key, data in WORKFLOWS[name].nodes.items() if data["type"] in {"code", "template-transform"}
    ]

    assert needing == (["body", "read"] if name == "approval_http.yml" else [])


@pytest.mark.parametrize(("name", "data"), of_type("answer"))
def test_an_answer_shows_no_tool_variable_itself(name: str, data: dict[str, Any]) -> None:
    # Dify ends each variable of a tool as an empty stream, so the user would see nothing.
    read = re.findall(r"\{\{#([a-z_]+)\.", data["answer"])
    kinds = {WORKFLOWS[name].nodes[node]["type"] for node in read if node not in {"conversation", "sys"}}
    assert kinds <= {"variable-aggregator"}


@every_file
def test_only_what_the_form_node_of_1_13_gives_is_read(name: str) -> None:
    assert "__action_value" not in TEXTS[name]


@every_file
def test_no_secret_travels_with_a_file(name: str) -> None:
    variables = DOCUMENTS[name]["workflow"]["environment_variables"]
    assert [one["value"] for one in variables if one["value_type"] == "secret"] in ([], [""])


@every_file
def test_a_note_says_what_to_edit_after_import(name: str) -> None:
    notes = " ".join(node["data"]["text"] for node in shells(name).values() if node["type"] == "custom-note")

    assert "after import" in notes
    settings = {one["name"] for one in DOCUMENTS[name]["workflow"]["environment_variables"]}
    assert [one for one in settings & {"POLICY", "ENDPOINT_URL", "API_TOKEN"} if one not in notes] == []
    assert any(data["type"] == "tool" for data in WORKFLOWS[name].nodes.values()) == ("credential" in notes)
