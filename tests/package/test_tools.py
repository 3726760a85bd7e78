# SPDX-License-Identifier: Apache-2.0
"""A tool's YAML declares what Dify accepts, and what the tool reads and answers."""

from collections.abc import Iterable
from typing import Any

import pytest

from approvals.dify.parameters import CONTENT_LIMIT, CONTEXT_LIMIT
from approvals.domain.policy_types import DEADLINE_LIMIT_HOURS
from approvals.domain.terms import Event, Flag, Level, Risk, State
from approvals.service import Status
from tests.package import accepted
from tests.package.files import MANIFEST, PROVIDER, ROOT, TOOLS, nodes

PARAMETERS = [
    pytest.param(parameter, id=f"{name}.{parameter['name']}")
    for name, tool in TOOLS.items()
    for parameter in tool["parameters"]
]
OUTPUTS = {
    f"{name}.{variable}": schema
    for name, tool in TOOLS.items()
    for variable, schema in tool["output_schema"]["properties"].items()
}


@pytest.mark.parametrize("name", TOOLS)
def test_a_tool_is_named_as_its_files_are(name: str) -> None:
    tool = TOOLS[name]
    assert f"tools/{name}.yaml" in PROVIDER["tools"]
    assert tool["extra"]["python"]["source"] == f"tools/{name}.py"
    assert (ROOT / "tools" / f"{name}.py").is_file()
    assert tool["identity"]["author"] == MANIFEST["author"]
    assert tool["description"]["llm"].strip()


def test_every_tool_is_listed() -> None:
    assert {path.relative_to(ROOT).as_posix() for path in (ROOT / "tools").glob("*.yaml")} == set(
        PROVIDER["tools"]
    )


@pytest.mark.parametrize("parameter", PARAMETERS)
def test_a_parameter_says_what_dify_accepts(parameter: dict[str, Any]) -> None:
    assert set(parameter) <= accepted.PARAMETER_KEYS
    assert parameter["type"] in accepted.PARAMETER_TYPES
    assert parameter["form"] in accepted.PARAMETER_FORMS
    assert isinstance(parameter["required"], bool)
    assert parameter["llm_description"].strip()


@pytest.mark.parametrize("parameter", PARAMETERS)
def test_every_parameter_arrives_as_text_that_a_workflow_may_fill(parameter: dict[str, Any]) -> None:
    """Dify casts the other types before a tool sees them, and drops what does not fit in silence."""
    assert (parameter["type"], parameter["form"]) == ("string", "llm")


@pytest.mark.parametrize("parameter", PARAMETERS)
def test_a_person_is_shown_an_example_and_what_empty_means(parameter: dict[str, Any]) -> None:
    text = parameter["human_description"]["en_US"]
    assert "Example: " in text
    assert parameter["required"] or "Empty" in text


def test_the_bounds_that_people_read_are_those_that_are_kept() -> None:
    described = {
        parameter["name"]: parameter["human_description"]["en_US"]
        for parameter in TOOLS["analyze_approval"]["parameters"]
    }
    assert f"{CONTENT_LIMIT:,} bytes" in described["content"]
    assert f"{CONTEXT_LIMIT:,} bytes" in described["context"]
    assert f"at most {DEADLINE_LIMIT_HOURS}" in described["deadline_hours"]


@pytest.mark.parametrize(
    ("parameter", "words"), [("event", Event), ("actor_level", Level)], ids=["event", "actor_level"]
)
def test_a_closed_set_is_named_whole_to_people_and_to_agents(parameter: str, words: Iterable[str]) -> None:
    declared = next(one for one in TOOLS["route_approval"]["parameters"] if one["name"] == parameter)
    for text in (*declared["human_description"].values(), declared["llm_description"]):
        assert [word for word in words if word not in text] == []


@pytest.mark.parametrize(
    ("variable", "words"),
    [
        ("analyze_approval.status", [Status.OK, Status.MANUAL_REVIEW]),
        ("analyze_approval.risk_level", Risk),
        ("analyze_approval.suggested_level", Level),
        ("analyze_approval.flags", Flag),
        ("route_approval.status", [Status.OK, Status.REFUSED, Status.CONFLICT]),
        ("route_approval.state", State),
        ("route_approval.next_step", ["submit", "closed", *(f"review_{level}" for level in Level)]),
        ("route_approval.approver_level", Level),
    ],
)
def test_a_variables_description_names_every_word_it_can_take(variable: str, words: Iterable[str]) -> None:
    assert [word for word in words if f"`{word}`" not in OUTPUTS[variable]["description"]] == []


@pytest.mark.parametrize("variable", OUTPUTS)
def test_a_variable_has_a_name_and_a_type_that_a_workflow_can_use(variable: str) -> None:
    assert variable.partition(".")[2] not in accepted.RESERVED_OUTPUTS
    for path, schema in nodes(OUTPUTS[variable]):
        if isinstance(schema, dict) and not path.endswith(".properties"):
            assert schema["type"] in accepted.OUTPUT_TYPES, path
            assert schema["type"] != "array" or schema["items"], path
            assert schema["type"] != "object" or schema["properties"], path
            assert path.endswith(".items") or schema["description"].strip(), path


@pytest.mark.parametrize("name", TOOLS)
def test_every_tool_says_how_it_ended_and_why(name: str) -> None:
    variables = TOOLS[name]["output_schema"]["properties"]
    assert {"status", "error_code", "error_message"} <= set(variables)
    assert next(iter(variables)) == "status"


def test_an_agent_is_told_that_people_decide() -> None:
    told = TOOLS["route_approval"]["description"]["llm"]
    assert told.startswith("For workflows")
    assert "must not decide for people" in told
    for name in ("analyze_approval", "analyze_batch"):
        assert "It approves nothing" in TOOLS[name]["description"]["llm"]
