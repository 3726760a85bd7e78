# SPDX-License-Identifier: Apache-2.0
"""`analyze_approval` over stdio: what it answers, what it stores first, what happens without a model."""

import itertools
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from devkit.host import HostStorage, PluginHost, StorageOperation, StorageRequest, ToolAnswer
from devkit.llm_stub import LlmStub, Outcome
from tests.package.declared import output_names
from tests.plugin.conftest import credentials_for

_NUMBERS = itertools.count()
DESK = {
    "content": "Two height-adjustable desks for the front office.",
    "request_type": "purchase",
    "amount": "300",
    "currency": "USD",
    "requester": "Ann",
}


def analyze(plugin: PluginHost, **changes: object) -> ToolAnswer:
    return plugin.invoke_tool("analyze_approval", {**DESK, **changes})


def analyze_with_model_down(plugin: PluginHost, stub: LlmStub) -> ToolAnswer:
    """The model answers 503. Under a base URL of its own, so that no other test meets an open breaker."""
    stub.always(Outcome.STATUS_503)
    credentials = credentials_for(stub, base_url=f"{stub.base_url}/{next(_NUMBERS)}")
    return plugin.invoke_tool("analyze_approval", DESK, credentials=credentials)


def test_a_small_purchase_is_read_priced_and_may_be_approved(plugin: PluginHost) -> None:
    answer = analyze(plugin).raise_for_error()

    said = answer.variables
    assert (said["status"], said["risk_level"], said["auto_approve_eligible"]) == ("ok", "low", True)
    assert said["tokens_used"] == said["prompt_tokens"] + said["completion_tokens"] > 0
    assert said["tokens_used"] <= 800
    assert said["cost_known"]
    assert said["cost_usd"] == pytest.approx(
        (said["prompt_tokens"] * 0.14 + said["completion_tokens"] * 0.28) / 1_000_000
    )
    assert all(factor["verified"] for factor in said["decision_factors"])
    assert answer.json == [said]
    assert said["request_id"] in answer.text


@pytest.mark.parametrize(
    ("content", "amount"),
    [
        ("Laptop for 9,000 USD", "10"),
        ("笔记本电脑 九千美元", "300"),
        ("Ein Laptop, neuntausend Dollar", "300"),
    ],
)
def test_an_amount_in_the_text_above_the_stated_one_goes_to_a_person_and_is_told(
    plugin: PluginHost, content: str, amount: str
) -> None:
    said = analyze(plugin, content=content, amount=amount).raise_for_error().variables

    assert not said["auto_approve_eligible"]
    assert [(finding["code"], finding["severity"]) for finding in said["findings"]] == [
        ("amount_in_text", "high")
    ]
    assert f"but {amount} USD is stated" in said["findings"][0]["message"]


def test_the_variables_are_those_that_the_tool_declares_and_none_is_null(
    plugin: PluginHost, stub: LlmStub
) -> None:
    declared = output_names("analyze_approval")
    fine = analyze(plugin).variables
    broken = analyze_with_model_down(plugin, stub).variables
    refused = analyze(plugin, amount="much").variables

    assert set(fine) == set(refused) == declared
    assert set(broken) <= declared
    assert declared - set(broken) <= {"cost_usd"}
    assert None not in [*fine.values(), *broken.values(), *refused.values()]
    assert (fine["error_code"], fine["error_message"]) == ("", "")


def test_the_request_is_stored_before_the_model_is_asked(stub: LlmStub) -> None:
    stored_when_asked: list[bool] = []
    storage = HostStorage()

    def watch(request: StorageRequest) -> None:
        if request.operation is StorageOperation.SET and "rec" in request.key:
            stored_when_asked.append(stub.requests.count == asked_before)

    storage.on_operation = watch
    asked_before = stub.requests.count
    with PluginHost(
        command=(sys.executable, "-m", "main"),
        cwd=Path(__file__).parents[2],
        storage=storage,
        credentials=credentials_for(stub),
    ) as plugin:
        analyze(plugin).raise_for_error()

    assert stored_when_asked[0]
    assert stub.requests.count == asked_before + 1


def test_without_a_model_a_person_decides_and_the_request_is_kept(plugin: PluginHost, stub: LlmStub) -> None:
    said = analyze_with_model_down(plugin, stub).raise_for_error().variables
    routed = plugin.invoke_tool(
        "route_approval", {"request_id": said["request_id"], "event": "submit"}
    ).variables

    assert (said["status"], said["error_code"]) == ("manual_review", "model_unavailable")
    assert (said["risk_level"], said["auto_approve_eligible"], said["flags"]) == (
        "high",
        False,
        ["no_analysis"],
    )
    assert routed["next_step"] == "review_manager"
    assert routed["stages_left"] == ["manager", "director"]


def test_a_refused_key_sends_the_request_to_a_person_and_is_tried_again_once_it_is_mended(
    plugin: PluginHost, stub: LlmStub
) -> None:
    given = {**DESK, "request_id": "key-1"}
    wrong = credentials_for(stub, api_key="another-key-altogether")
    refused = plugin.invoke_tool("analyze_approval", given, credentials=wrong).raise_for_error()
    mended = plugin.invoke_tool("analyze_approval", given).raise_for_error()

    said = refused.variables
    assert (said["status"], said["error_code"], said["request_id"]) == (
        "manual_review",
        "bad_parameter",
        "key-1",
    )
    assert "api_key" in said["error_message"]
    assert "another-key-altogether" not in str(refused.messages)
    assert (mended.variables["status"], mended.variables["replayed"]) == ("ok", False)


def test_the_same_key_and_content_again_is_answered_from_the_record(
    plugin: PluginHost, stub: LlmStub
) -> None:
    first = analyze(plugin, idempotency_key="run-1").raise_for_error().variables
    asked = stub.requests.count
    again = analyze(plugin, idempotency_key="run-1").raise_for_error().variables

    assert again == {**first, "replayed": True, "overhead_ms": again["overhead_ms"]}
    assert stub.requests.count == asked


def test_a_key_or_an_id_that_stands_for_something_else_is_refused(plugin: PluginHost) -> None:
    analyze(plugin, idempotency_key="run-2", request_id="order-2").raise_for_error()
    other_content = analyze(plugin, idempotency_key="run-2", request_id="order-2", amount="301")
    other_id = analyze(plugin, idempotency_key="run-2", request_id="order-3")
    taken_id = analyze(plugin, request_id="order-2", amount="301")

    answers = [answer.raise_for_error().variables for answer in (other_content, other_id, taken_id)]
    assert [said["status"] for said in answers] == ["refused"] * 3
    assert [said["error_code"] for said in answers] == ["idempotency_mismatch"] * 2 + ["already_exists"]
    assert [said["request_id"] for said in answers] == [""] * 3


def test_a_revision_of_a_request_that_was_not_returned_is_refused(plugin: PluginHost) -> None:
    analyze(plugin, request_id="order-4").raise_for_error()
    revised = analyze(plugin, revision_of="order-4", content="One desk.").raise_for_error().variables
    unknown = analyze(plugin, revision_of="order-5").raise_for_error().variables

    assert (revised["status"], revised["error_code"]) == ("refused", "invalid_transition")
    assert "'pending'" in revised["error_message"]
    assert (unknown["status"], unknown["error_code"]) == ("refused", "not_found")


def test_200_calls_at_50_in_flight_give_200_right_answers(plugin: PluginHost) -> None:
    def one(number: int) -> ToolAnswer:
        return analyze(plugin, request_id=f"load-{number}", content=f"Desk number {number} for the office.")

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(one, range(200)))

    assert [answer.error for answer in answers] == [None] * 200
    assert [answer.variables["request_id"] for answer in answers] == [f"load-{n}" for n in range(200)]
    assert {answer.variables["status"] for answer in answers} == {"ok"}
