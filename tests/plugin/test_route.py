# SPDX-License-Identifier: Apache-2.0
"""`route_approval` over stdio: the lifecycle as a workflow drives it."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from devkit.host import PluginHost
from tests.package.declared import output_names
from tests.plugin.test_analyze import analyze

# Each test asks for the same desk.
TWO_STAGES = (
    "version: 1\nchecks: {duplicates: off}\ndefault: {stages: [manager, director], deadline_hours: 24}"
)


def submitted(plugin: PluginHost, policy: str = TWO_STAGES) -> str:
    request_id = str(analyze(plugin, policy=policy).raise_for_error().variables["request_id"])
    route(plugin, request_id, "submit")
    return request_id


def route(plugin: PluginHost, request_id: str, event: str, **more: Any) -> dict[str, Any]:
    given = {"request_id": request_id, "event": event, **more}
    return plugin.invoke_tool("route_approval", given).raise_for_error().variables


def approve(plugin: PluginHost, request_id: str, actor: str, level: str, **more: Any) -> dict[str, Any]:
    return route(plugin, request_id, "approve", actor=actor, actor_level=level, **more)


def test_a_request_climbs_its_stages_to_approval(plugin: PluginHost) -> None:
    request_id = submitted(plugin)
    first = approve(plugin, request_id, "Bea", "manager", comment="fine")
    second = approve(plugin, request_id, "Dan", "director")

    assert (first["state"], first["next_step"], first["stages_left"]) == (
        "under_review",
        "review_director",
        ["director"],
    )
    assert (second["state"], second["next_step"], second["version"]) == (
        "approved",
        "closed",
        first["version"] + 1,
    )
    assert first["entry_hash"] != second["entry_hash"]
    assert first["deadline_at"].endswith("Z")


def test_the_variables_are_those_that_the_tool_declares_and_none_is_null(plugin: PluginHost) -> None:
    declared = output_names("route_approval")
    request_id = submitted(plugin)
    fine = approve(plugin, request_id, "Bea", "manager")
    refused = approve(plugin, request_id, "Bea", "director")
    unknown = route(plugin, "no-such-request", "submit")

    assert set(fine) == set(refused) == set(unknown) == declared
    assert (fine["error_code"], fine["error_message"]) == ("", "")
    assert None not in [*fine.values(), *refused.values(), *unknown.values()]


@pytest.mark.parametrize(
    ("event", "more", "code"),
    [
        ("submit", {"actor": "someone else"}, "invalid_transition"),
        ("approve", {"actor": "Ann", "actor_level": "manager"}, "not_authorized"),
        ("approve", {"actor": "Bea", "actor_level": "manager", "expected_version": "1"}, "version_conflict"),
    ],
)
def test_a_refused_event_says_why_and_changes_nothing(
    plugin: PluginHost, event: str, more: dict[str, str], code: str
) -> None:
    request_id = submitted(plugin)
    refused = route(plugin, request_id, event, **more)

    assert refused["status"] == ("conflict" if code == "version_conflict" else "refused")
    assert refused["error_code"] == code
    assert (refused["state"], refused["version"], refused["next_step"]) == (
        "under_review",
        3,
        "review_manager",
    )


def test_an_event_meant_for_other_content_is_refused(plugin: PluginHost) -> None:
    mine = analyze(plugin, request_id="PO-77", content="Ten pens.").variables
    route(plugin, "PO-77", "submit", content_digest=mine["content_digest"])
    other = analyze(plugin, content="A milling machine.").variables["content_digest"]
    refused = route(plugin, "PO-77", "submit", content_digest=other)

    assert (refused["status"], refused["error_code"]) == ("refused", "idempotency_mismatch")
    assert refused["state"] == "under_review"


def test_an_event_that_cannot_be_read_tells_where_the_request_stands(plugin: PluginHost) -> None:
    request_id = submitted(plugin)
    misstated = approve(plugin, request_id, "Bea", "boss")
    unknown = approve(plugin, "no-such-request", "Bea", "boss")

    assert (misstated["status"], misstated["error_code"]) == ("refused", "bad_parameter")
    assert (misstated["state"], misstated["next_step"]) == ("under_review", "review_manager")
    assert misstated["brief"]
    assert (unknown["status"], unknown["error_code"], unknown["brief"]) == ("refused", "not_found", "")


def test_a_node_that_runs_twice_changes_nothing_twice(plugin: PluginHost) -> None:
    request_id = submitted(plugin)
    once = approve(plugin, request_id, "Bea", "manager", idempotency_key="k")
    twice = approve(plugin, request_id, "Bea", "manager", idempotency_key="k")
    without_key = approve(plugin, request_id, "Bea", "manager")
    other = route(plugin, request_id, "reject", actor="Bea", actor_level="manager", idempotency_key="k")

    assert twice == without_key == {**once, "replayed": True}
    assert (other["status"], other["error_code"]) == ("refused", "idempotency_mismatch")


def test_of_two_decisions_at_once_exactly_one_wins(plugin: PluginHost) -> None:
    policy = "version: 1\ndefault: {stages: [manager]}"
    for _ in range(10):
        request_id = submitted(plugin, policy)
        with ThreadPoolExecutor(8) as pool:
            answers = list(
                pool.map(lambda n: approve(plugin, request_id, f"Manager {n}", "manager"), range(8))  # noqa: B023 - used within the round
            )
        won = [answer for answer in answers if answer["status"] == "ok"]

        assert len(won) == 1
        assert {answer["version"] for answer in answers} == {won[0]["version"]}


def test_the_policy_of_the_analysis_rules_whatever_a_later_call_brings(plugin: PluginHost) -> None:
    strict = "version: 1\ndefault: {stages: [executive]}"
    lax = "version: 1\nrules: [{name: all, then: {auto_approve: true}}]"
    request_id = str(analyze(plugin, policy=strict).variables["request_id"])
    answer = route(plugin, request_id, "submit", policy=lax)

    assert (answer["state"], answer["stages_left"]) == ("under_review", ["executive"])


def test_the_same_request_analysed_again_under_another_policy_keeps_its_own(plugin: PluginHost) -> None:
    strict = "version: 1\ndefault: {stages: [executive]}"
    lax = "version: 1\nrules: [{name: all, then: {auto_approve: true}}]"
    request_id = str(analyze(plugin, policy=strict).variables["request_id"])
    again = analyze(plugin, policy=lax, request_id=request_id).variables
    answer = route(plugin, request_id, "submit")

    assert (again["replayed"], again["auto_approve_eligible"]) == (True, False)
    assert (answer["state"], answer["stages_left"]) == ("under_review", ["executive"])


def test_a_decision_that_may_not_count_goes_one_level_up_in_the_same_call(plugin: PluginHost) -> None:
    request_id = submitted(plugin)
    up = approve(plugin, request_id, "Ann", "manager", if_refused="escalate", idempotency_key="k")
    again = approve(plugin, request_id, "Ann", "manager", if_refused="escalate", idempotency_key="k")

    assert (up["status"], up["state"], up["stages_left"]) == ("ok", "escalated", ["director", "vp"])
    assert (up["version"], up["signatures_left"]) == (4, 2)
    assert "'Ann' may not approve this request" in up["reason"]
    assert "level 'director' decides" in up["reason"]
    assert again == {**up, "replayed": True}


def test_at_the_top_a_refused_decision_moves_nothing_and_says_what_to_do(plugin: PluginHost) -> None:
    request_id = submitted(plugin, "version: 1\ndefault: {stages: [executive]}")
    refused = approve(plugin, request_id, "Ann", "executive", if_refused="escalate")

    assert (refused["status"], refused["error_code"]) == ("refused", "not_authorized")
    assert (refused["state"], refused["stages_left"]) == ("under_review", ["executive"])
    assert "somebody else must decide" in refused["error_message"]


def test_a_refused_decision_is_told_to_whoever_is_asked_next(plugin: PluginHost) -> None:
    request_id = submitted(plugin)
    refused = approve(plugin, request_id, "Ann", "manager")
    found = plugin.invoke_tool("find_approvals", {"request_id": request_id}).raise_for_error().variables
    approved = approve(plugin, request_id, "Bea", "manager")
    later = plugin.invoke_tool("find_approvals", {"request_id": request_id}).raise_for_error().variables

    told = "- A decision did not count: “'Ann' may not approve this request: "
    assert told in refused["brief"]
    assert told in found["brief"]
    assert told not in approved["brief"] + later["brief"]


def test_what_was_refused_is_found_with_the_request(plugin: PluginHost) -> None:
    request_id = submitted(plugin)
    approve(plugin, request_id, "Ann", "manager", comment="mine")
    approve(plugin, request_id, "", "manager", if_refused="escalate")
    route(plugin, request_id, "submit", actor="Bea")
    found = plugin.invoke_tool("find_approvals", {"request_id": request_id}).raise_for_error().variables

    refusals = found["approvals"][0]["refusals"]
    assert [(one["event"], one["actor"], one["code"]) for one in refusals] == [
        ("approve", "Ann", "not_authorized"),
        ("approve", "", "bad_parameter"),
        ("submit", "Bea", "invalid_transition"),
    ]
    assert (refusals[0]["comment"], refusals[0]["actor_level"]) == ("mine", "manager")


def test_the_approvers_brief_comes_with_every_answer_in_the_language_that_was_asked_for(
    plugin: PluginHost,
) -> None:
    request_id = submitted(plugin)
    again = route(plugin, request_id, "submit")
    portuguese = route(plugin, request_id, "submit", language="pt")
    approved = approve(plugin, request_id, "Bea", "manager", comment="fine")
    found = plugin.invoke_tool("find_approvals", {"request_id": request_id}).raise_for_error().variables

    assert again["brief"].startswith("**Ann** asks for **a purchase of 300.00 USD**.\n\n**Why you**: ")
    assert (again["approver_title"], again["signatures_left"]) == ("Manager", 2)
    assert portuguese["brief"].startswith("**Ann** solicita **uma compra de 300,00 USD**.")
    assert portuguese["approver_title"] == "Gerente"
    assert "- **Bea** approved as **Manager**: “fine”" in approved["brief"]
    assert found["brief"] == approved["brief"]
