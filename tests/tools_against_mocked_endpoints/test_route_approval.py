# SPDX-License-Identifier: Apache-2.0
"""`route_approval`: people decide, and the model's analysis, or the lack of one, decides who is asked."""

import httpx
import pytest

from tests.tools_against_mocked_endpoints.conftest import Plugin
from tests.tools_against_mocked_endpoints.mocked_endpoint import (
    MockedEndpoint,
    analysis,
    completion,
    error,
    text,
)


def test_a_small_routine_purchase_is_approved_at_once(plugin: Plugin) -> None:
    request_id = plugin.analyze()["request_id"]

    answer = plugin.route(request_id, "submit")

    assert (answer["status"], answer["state"], answer["next_step"]) == ("ok", "approved", "closed")
    assert answer["policy_rule"] == "small-and-routine"


@pytest.mark.parametrize(
    "trouble",
    [
        httpx.ReadTimeout("sent nothing in time"),
        error(500, "boom"),
        error(429, "slow down", {"Retry-After": "600"}),
        text("not JSON"),
        completion(analysis(risk_level="high")),
        completion(analysis(confidence=0.2)),
    ],
)
def test_without_a_good_analysis_the_same_purchase_goes_to_a_person(
    plugin: Plugin, endpoint: MockedEndpoint, trouble: httpx.Response
) -> None:
    endpoint.answers(trouble)
    request_id = plugin.analyze()["request_id"]

    answer = plugin.route(request_id, "submit")

    assert (answer["status"], answer["state"]) == ("ok", "under_review")
    assert answer["next_step"] == f"review_{answer['approver_level']}"


def test_the_model_may_ask_for_a_higher_level_than_the_policy(
    plugin: Plugin, endpoint: MockedEndpoint
) -> None:
    endpoint.answers(completion(analysis(approver_level="executive")))
    request_id = plugin.submitted()

    answer = plugin.route(request_id, "approve", actor="Max", actor_level="manager")

    assert (answer["state"], answer["approver_level"]) == ("under_review", "executive")


def test_a_model_that_praises_cannot_lower_what_the_policy_demands(
    plugin: Plugin, endpoint: MockedEndpoint
) -> None:
    endpoint.answers(completion(analysis(risk_level="low", auto_approve=True, confidence=1)))
    request_id = plugin.analyze(amount="60000")["request_id"]

    answer = plugin.route(request_id, "submit")

    assert (answer["state"], answer["approver_level"]) == ("under_review", "director")


def test_a_manager_approves_and_the_request_is_closed(plugin: Plugin) -> None:
    request_id = plugin.submitted()

    answer = plugin.route(request_id, "approve", actor="Max", actor_level="manager", comment="Fine.")

    assert (answer["status"], answer["state"], answer["previous_state"]) == ("ok", "approved", "under_review")
    assert answer["entry_hash"]


def test_a_manager_rejects_with_a_reason(plugin: Plugin) -> None:
    request_id = plugin.submitted()

    answer = plugin.route(request_id, "reject", actor="Max", actor_level="manager", comment="Too dear.")

    assert (answer["status"], answer["state"], answer["next_step"]) == ("ok", "rejected", "closed")


def test_nobody_signs_their_own_request(plugin: Plugin) -> None:
    request_id = plugin.submitted(requester="Ann")

    answer = plugin.route(request_id, "approve", actor="Ann", actor_level="manager")

    assert (answer["status"], answer["error_code"]) == ("refused", "not_authorized")
    assert plugin.find(request_id=request_id)["approvals"][0]["state"] == "under_review"


def test_a_decision_on_an_older_version_changes_nothing(plugin: Plugin) -> None:
    request_id = plugin.submitted()
    version = str(plugin.find(request_id=request_id)["approvals"][0]["version"])
    plugin.route(request_id, "escalate", actor="Max", actor_level="manager")

    answer = plugin.route(
        request_id, "approve", actor="Dora", actor_level="director", expected_version=version
    )

    assert (answer["status"], answer["error_code"]) == ("conflict", "version_conflict")


def test_a_decision_is_made_once_however_often_it_is_sent(plugin: Plugin) -> None:
    request_id = plugin.submitted()
    decision = {"actor": "Max", "actor_level": "manager", "idempotency_key": "click-1"}

    first = plugin.route(request_id, "approve", **decision)
    again = plugin.route(request_id, "approve", **decision)

    assert (first["replayed"], again["replayed"]) == (False, True)
    assert first["version"] == again["version"]


def test_a_request_that_is_closed_takes_no_more_decisions(plugin: Plugin) -> None:
    request_id = plugin.submitted()
    plugin.route(request_id, "withdraw", actor="Ann")

    answer = plugin.route(request_id, "approve", actor="Max", actor_level="manager")

    assert (answer["status"], answer["error_code"]) == ("refused", "invalid_transition")


def test_an_event_on_a_request_that_does_not_exist_is_refused(plugin: Plugin) -> None:
    answer = plugin.route("req_nobody", "approve", actor="Max", actor_level="manager")

    assert (answer["status"], answer["error_code"]) == ("refused", "not_found")


def test_routing_asks_no_model(plugin: Plugin, endpoint: MockedEndpoint) -> None:
    request_id = plugin.submitted()
    calls = endpoint.calls

    plugin.route(request_id, "approve", actor="Max", actor_level="manager")

    assert endpoint.calls == calls == 1
