# SPDX-License-Identifier: Apache-2.0
"""Whatever Dify makes of a parameter, it is read correctly or refused by name; the process never dies."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devkit.host import LONG_LINE, PluginHost
from tests.package.declared import output_names
from tests.plugin.test_analyze import DESK, analyze
from tests.plugin.test_route import route, submitted

MEGABYTE = "x" * 1_048_576


def refusal(plugin: PluginHost, tool: str, parameters: dict[str, Any]) -> str:
    """Code and message of a call that must be refused, with every declared variable and none of them null."""
    said = plugin.invoke_tool(tool, parameters).raise_for_error().variables
    assert said["status"] == "refused", said
    assert set(said) >= output_names(tool) - {"ledger_ok"}
    assert None not in said.values()
    return f"{said['error_code']}: {said['error_message']}"


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("content", None, "None"),
        ("content", "", "''"),
        ("content", "   ", "'   '"),
        ("content", True, "True"),
        ("content", ["a"], "['a']"),
        ("content", MEGABYTE, "1,048,576"),
        ("request_id", "has space", "'has space'"),
        ("request_id", "../etc", "'../etc'"),
        ("request_id", "x" * 200, "128"),
        ("amount", "9.000", "two readings, 9.000 and 9000"),
        ("amount", "1,234", "two readings, 1.234 and 1234"),
        ("amount", "12 EUR", "'12 EUR'"),
        ("amount", "9k", "'9k'"),
        ("amount", "nine thousand", "'nine thousand'"),
        ("amount", "NaN", "'NaN'"),
        ("amount", "Infinity", "'Infinity'"),
        ("amount", "-1", "'-1'"),
        ("amount", "1e99", "'1e99'"),
        ("amount", True, "True"),
        ("amount", {"a": 1}, "{'a': 1}"),
        ("amount", "1_000", "'1_000'"),
        ("amount", MEGABYTE, "1,048,576"),
        ("currency", "dollars", "'dollars'"),
        ("currency", "U$D", "'U$D'"),
        ("priority", "0", "'0'"),
        ("priority", "6", "'6'"),
        ("priority", "2.5", "'2.5'"),
        ("priority", "hot", "'hot'"),
        ("document_date", "03/11/2026", "'03/11/2026'"),
        ("document_date", "2026-02-30", "'2026-02-30'"),
        ("language", "tlh", "'tlh'"),
        ("vendor", "x" * 500, "400"),
        ("deadline_hours", "0", "'0'"),
        ("deadline_hours", "-3", "'-3'"),
        ("deadline_hours", "99999", "'99999'"),
        ("context", "{broken", "'{broken'"),
        ("context", "[1, 2]", "'[1, 2]'"),
        ("context", "12", "'12'"),
        ("context", '{"a": 1e999}', "1e999"),
        ("context", '{"a": ' + "[" * 20 + "]" * 20 + "}", "20 deep"),
        ("context", "[" * 16_000, "'[[["),
        ("context", '{"a": "' + "x" * 9_000 + '"}', "8,000"),
        ("context", MEGABYTE, "characters"),
        ("context", "__import__('os').system('true')", "__import__"),
        ("requester", "x" * 500, "400"),
        ("requester", ["Ann"], "['Ann']"),
        ("idempotency_key", "k" * 2_000, "1,000"),
        ("model", "m\x00", "U+0000"),
        ("idempotency_key", "k\x00", "U+0000"),
        ("request_type", {"x": 1}, "{'x': 1}"),
    ],
    ids=lambda value: str(value)[:20].encode("ascii", "replace").decode(),
)
def test_a_bad_parameter_is_refused_with_its_name_and_value(
    plugin: PluginHost, name: str, value: object, shown: str
) -> None:
    message = refusal(plugin, "analyze_approval", {**DESK, name: value})

    assert message.startswith(f"bad_parameter: {name} ")
    assert shown in message
    assert len(message) < 500


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("amount", 300),
        ("amount", 300.0),
        ("amount", " 300.00 "),
        ("amount", "3e2"),
        ("amount", 3.3000000000000003),
        ("amount", "1,234.50"),
        ("amount", "1.234,50 USD"),
        ("amount", "$ 1'234.50"),
        ("amount", ""),
        ("amount", None),
        ("currency", "usd"),
        ("priority", "3"),
        ("priority", 3.0),
        ("priority", " Urgent "),
        ("vendor", "Nordic Desks Ltd."),
        ("document_date", "2026-11-03"),
        ("document_date", "2026/11/3 14:00"),
        ("language", "pt_BR"),
        ("language", "zh-Hans"),
        ("deadline_hours", "1.5"),
        ("context", {"cost_center": "4711"}),
        ("context", '{"cost_center": "4711"}'),
        ("context", "{'cost_center': '4711', 'urgent': True}"),
        ("context", ""),
        ("context", {"order": 12345678901234567890}),
        ("context", '{"order": 12345678901234567890}'),
        ("context", '{"note": "page 1\\fpage 2"}'),
        ("context", '{"a": ' + "[" * 19 + "]" * 19 + "}"),
        ("content", 12345),
        ("content", "Invoice page 1\fpage 2"),
        ("content", "a\x00b"),
        ("content", "Ärger mit 東京 und 🦊"),
        ("requester", "Zoë 李"),
        ("request_type", " Purchase "),
        ("no_such_parameter", "ignored"),
    ],
    ids=str,
)
def test_what_dify_made_of_a_good_value_is_read_correctly(
    plugin: PluginHost, name: str, value: object
) -> None:
    assert analyze(plugin, **{name: value}).raise_for_error().variables["status"] == "ok"


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("request_id", "", "''"),
        ("request_id", None, "None"),
        ("event", "", "''"),
        ("event", "Approved!", "'Approved!'"),
        ("event", 7, "7"),
        ("actor_level", "boss", "'boss'"),
        ("actor_level", True, "True"),
        ("actor", "B\x00b", "U+0000"),
        ("comment", "x" * 20_001, "20,000"),
        ("expected_version", "two", "'two'"),
        ("expected_version", "0", "'0'"),
        ("expected_version", "1.5", "'1.5'"),
        ("if_refused", "shrug", "'shrug'"),
        ("language", "x", "'x'"),
    ],
    ids=lambda value: str(value)[:20].encode("ascii", "replace").decode(),
)
def test_a_bad_parameter_of_an_event_is_refused_with_its_name_and_value(
    plugin: PluginHost, name: str, value: object, shown: str
) -> None:
    good = {"request_id": submitted(plugin), "event": "approve", "actor": "Bea", "actor_level": "manager"}
    message = refusal(plugin, "route_approval", {**good, name: value})

    assert message.startswith(f"bad_parameter: {name} ")
    assert shown in message


def test_a_decision_without_a_name_is_an_answer_that_says_so(plugin: PluginHost) -> None:
    answer = route(plugin, submitted(plugin), "approve", actor_level="manager")

    assert (answer["status"], answer["error_code"]) == ("refused", "bad_parameter")
    assert answer["error_message"].startswith("actor is ''; 'approve' needs the name")
    assert answer["next_step"] == "review_manager"


def test_events_and_levels_are_read_in_any_case(plugin: PluginHost) -> None:
    answer = route(plugin, submitted(plugin), " Approve ", actor="Bea", actor_level="MANAGER")

    assert answer["status"] == "ok"


def test_a_bad_policy_is_refused_with_its_path(plugin: PluginHost) -> None:
    given = {**DESK, "policy": "version: 1\ndefault: {stages: [boss]}"}

    assert refusal(plugin, "analyze_approval", given).startswith(
        "bad_policy: default.stages[0]: found 'boss'"
    )


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=[])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
NAMES = [
    "content",
    "amount",
    "currency",
    "priority",
    "deadline_hours",
    "context",
    "policy",
    "requester",
    "model",
]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(NAMES), ANYTHING, min_size=1, max_size=4))
def test_any_value_of_any_parameter_gets_an_answer_or_a_refusal_that_says_why(
    plugin: PluginHost, given_values: dict[str, Any]
) -> None:
    answer = plugin.invoke_tool("analyze_approval", {**DESK, **given_values})

    said = answer.raise_for_error().variables
    assert said["status"] in {"ok", "manual_review", "refused"}
    if said["status"] == "refused":
        assert said["error_code"] in {"bad_parameter", "bad_policy"}
        assert said["error_message"]


def test_no_line_comes_near_what_the_platform_kills_for(plugin: PluginHost) -> None:
    big = analyze(plugin, content="für " * 19_999, context={"note": "ja " * 2_500}).raise_for_error()

    assert big.variables["flags"] == ["content_cut"]
    assert plugin.longest_line < LONG_LINE
