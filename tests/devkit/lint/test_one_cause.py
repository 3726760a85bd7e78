# SPDX-License-Identifier: Apache-2.0
"""One misspelt name is one finding, although much else no longer fits with it."""

from typing import Any

import pytest
import yaml

from devkit.lint.finding import Strength
from devkit.lint.rules import RULES
from tests.devkit.lint.flows import WORKFLOWS, Document, add_edge, data, edge, lint, remove_edge, shell
from tests.devkit.lint.sound import sound

EDGES = range(len(sound()["workflow"]["graph"]["edges"]))
NODES = [node["id"] for node in sound()["workflow"]["graph"]["nodes"]]
APPROVAL = next(path for path in WORKFLOWS if path.name == "approval.yml")


def misspelt(word: str, number: int) -> str:
    """A letter too many, one too few, or another one."""
    return (f"{word}x", word[:-1], ("q" if word[0] != "q" else "p") + word[1:])[number % 3]


def edges(document: Document) -> list[dict[str, Any]]:
    return document["workflow"]["graph"]["edges"]  # type: ignore[no-any-return]


@pytest.mark.parametrize("key", ["source", "target", "sourceHandle"])
@pytest.mark.parametrize("own_id", [True, False], ids=["with Dify's id", "with an id of its own"])
def test_a_misspelt_end_or_handle_of_an_edge_is_one_finding(key: str, own_id: bool) -> None:
    for number in EDGES:
        document = sound()
        wrong = edges(document)[number]
        right, wrong[key] = wrong[key], misspelt(wrong[key], number)
        wrong["id"] = wrong["id"] if own_id else "e1"

        found = lint(document, Strength.DIFY)

        assert len(found) == 1, (right, [str(one) for one in found])
        assert repr(right) in found[0].remedy
        assert repr(wrong[key]) in found[0].what


@pytest.mark.parametrize("key", ["source", "target", "sourceHandle", "id"])
def test_in_a_shipped_file_it_is_one_error_too(key: str) -> None:
    for number in EDGES:
        document = sound()
        edges(document)[number][key] += "x"
        assert len(lint(document, Strength.BUNDLE)) == 1


@pytest.mark.parametrize("node_id", NODES)
@pytest.mark.parametrize("strength", Strength)
def test_a_misspelt_id_or_type_of_a_node_is_one_finding(node_id: str, strength: Strength) -> None:
    renamed, retyped = sound(), sound()
    shell(renamed, node_id)["id"] = misspelt(node_id, len(node_id))
    data(retyped, node_id)["type"] = misspelt(data(retyped, node_id)["type"], len(node_id))
    for document in (renamed, retyped):
        found = lint(document, strength)
        assert len(found) == 1, [str(one) for one in found]


def test_an_edge_that_leads_to_another_node_than_its_id_says_is_one_finding() -> None:
    document = sound()
    edge(document, "submit", "who")["target"] = "state"

    (found,) = lint(document, Strength.DIFY)

    assert (found.rule, found.remedy) == ("edge-end", "did you mean 'who'?")


@pytest.mark.parametrize("strength", Strength)
def test_two_nodes_with_one_id_are_one_finding(strength: Strength) -> None:
    document = sound()
    shell(document, "line")["id"] = "ask"

    assert [one.rule for one in lint(document, strength)] == ["node-id"]


@pytest.mark.parametrize("strength", Strength)
def test_an_edge_that_closes_a_cycle_is_one_finding(strength: Strength) -> None:
    document = sound()
    add_edge(document, "state", "line")

    (found,) = lint(document, strength)

    assert found.what == "the edge from 'state' to 'line' closes a cycle"


@pytest.mark.parametrize("strength", Strength)
def test_a_form_without_buttons_is_one_finding(strength: Strength) -> None:
    document = sound()
    data(document, "ask")["user_actions"] = []

    assert [one.rule for one in lint(document, strength)] == ["form-actions"]


def test_a_graph_without_nodes_is_one_finding() -> None:
    document = sound()
    del document["workflow"]["graph"]["nodes"]

    assert [one.what for one in lint(document, Strength.DIFY)] == ["'nodes' is missing"]


def test_a_missing_edge_names_the_first_node_that_is_not_reached() -> None:
    document = sound()
    remove_edge(document, "start", "submit")

    (found,) = lint(document, Strength.DIFY)

    assert "'Submit' (submit)" in found.what


def test_a_renamed_variable_is_one_finding_with_all_its_places() -> None:
    document = sound()
    data(document, "start")["variables"][0]["variable"] = "whta"
    data(document, "output")["outputs"].append(
        {"variable": "asked", "value_selector": ["start", "what"], "value_type": "string"}
    )

    (found,) = lint(document)

    assert "also on line" in found.what
    assert found.remedy == "did you mean 'whta'?"


def test_the_edges_of_a_removed_node_are_one_finding() -> None:
    document = sound()
    document["workflow"]["graph"]["nodes"].remove(shell(document, "each"))
    document["workflow"]["graph"]["nodes"].remove(shell(document, "eachstart"))
    document["workflow"]["graph"]["nodes"].remove(shell(document, "shout"))

    found = [one for one in lint(document, Strength.DIFY) if one.rule == "edge-end"]

    assert ["'each'" in one.what or "'eachstart'" in one.what or "'shout'" in one.what for one in found] == [
        True
    ] * 3


def test_a_misspelt_edge_of_a_shipped_workflow_is_one_error() -> None:
    document = yaml.safe_load(APPROVAL.read_text(encoding="utf-8"))
    for number in (0, len(edges(document)) // 2):
        broken = yaml.safe_load(APPROVAL.read_text(encoding="utf-8"))
        edges(broken)[number]["target"] += "x"
        assert [one.rule for one in lint(broken)] == ["edge-end"]


@pytest.mark.parametrize("strength", Strength)
def test_no_message_shows_how_the_program_writes_a_value(strength: Strength) -> None:
    document = sound()
    data(document, "submit")["tool_parameters"]["event"]["value"] = "submitt"
    data(document, "who")["cases"][0]["conditions"][0]["value"] = "close"
    data(document, "ask")["timeout_unit"] = None
    data(document, "ask")["user_actions"][0]["title"] = True
    edge(document, "line", "ask")["data"] = {"sourceType": None, "isInLoop": None}

    said = " ".join(map(str, lint(document, strength)))

    assert "did you mean 'submit'?" in said
    assert not {"None", "True", "Event.", "<"} & set(said.replace("'", " ").split())
    assert "Event." not in said
    assert len({rule.name for rule in RULES}) == len(RULES)
