# SPDX-License-Identifier: Apache-2.0
"""A day's budget through the tools: what is over it goes to a person, is stored, and is made up for the next day."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from approvals.dify import services
from approvals.errors import ApprovalError
from approvals.settings import Settings
from approvals.wiring import Wiring
from tests.approvals.llm.callers import StillClock
from tests.tools_against_mocked_endpoints.conftest import Plugin
from tests.tools_against_mocked_endpoints.mocked_endpoint import MockedEndpoint, analysis, completion

PRICES = json.dumps(
    {"deepseek-v3.2": {"input": 100, "output": 1000}, "gpt-4.1": {"input": 100, "output": 1000}}
)
"""USD per million tokens: the mocked answer of 400 and 100 tokens costs 0.14, a call may cost some 0.55."""


def with_budget(plugin: Plugin, usd: str, **more: str) -> Plugin:
    plugin.credentials |= {"daily_budget_usd": usd, "prices": PRICES, **more}
    return plugin


def another_process(
    plugin: Plugin, monkeypatch: pytest.MonkeyPatch, endpoint: MockedEndpoint, clock: StillClock
) -> None:
    """The calls that follow come to a process that has just started."""
    plugin.wiring = Wiring(clock, httpx.MockTransport(endpoint))
    monkeypatch.setattr(services, "wiring", lambda: plugin.wiring)


def test_requests_over_the_budget_go_to_a_person_and_are_stored(
    plugin: Plugin, endpoint: MockedEndpoint
) -> None:
    with_budget(plugin, "0.80")
    said = [plugin.analyze(content=f"Desk number {number}") for number in range(4)]

    assert [one["status"] for one in said] == ["ok", "ok", "manual_review", "manual_review"]
    assert endpoint.calls == 2
    over = said[2]
    assert over["error_code"] == "budget_exceeded"
    assert "daily_budget_usd is 0.80 USD: 0.2800 are spent today" in over["error_message"]
    assert over["cost_usd"] == 0
    assert not over["auto_approve_eligible"]
    assert plugin.route(over["request_id"], "submit")["state"] == "under_review"


def test_the_next_day_goes_on_and_makes_up_for_what_was_missed(
    plugin: Plugin, endpoint: MockedEndpoint, clock: StillClock
) -> None:
    with_budget(plugin, "0.60")
    plugin.analyze()
    missed = plugin.analyze(content="Another desk")
    assert missed["status"] == "manual_review"

    clock.sleep(timedelta(days=1).total_seconds())

    assert plugin.replay()["recovered"] == [missed["request_id"]]
    assert plugin.find(request_id=missed["request_id"])["approvals"][0]["risk_level"] == "low"


def test_a_second_opinion_is_counted_and_missing_where_it_is_too_much(
    plugin: Plugin, endpoint: MockedEndpoint
) -> None:
    with_budget(plugin, "0.60")
    policy = "version: 1\ncurrency: USD\nsecond_opinion: {amount_from: 100}\ndefault: {stages: [manager]}"

    said = plugin.analyze(policy=policy)

    assert endpoint.calls == 1
    assert "second_opinion_missing" in said["flags"]
    assert (said["status"], said["auto_approve_eligible"]) == ("ok", False)


def test_a_batch_reads_what_the_budget_allows(plugin: Plugin, endpoint: MockedEndpoint) -> None:
    with_budget(plugin, "0.30")
    said = plugin.analyze_batch(*[{"content": f"Desk {number}", "amount": "30"} for number in range(3)])

    assert endpoint.calls == 0
    assert [one["status"] for one in said["results"]] == ["manual_review"] * 3
    assert {one["error_code"] for one in said["results"]} == {"budget_exceeded"}
    assert plugin.find()["count"] == 3


def test_a_call_that_names_a_model_without_a_price_goes_to_a_person(
    plugin: Plugin, endpoint: MockedEndpoint
) -> None:
    said = with_budget(plugin, "5").analyze(model="in-house")

    assert (said["status"], said["error_code"], endpoint.calls) == ("manual_review", "budget_exceeded", 0)
    assert "nobody knows what model 'in-house' costs" in said["error_message"]


def test_a_restart_does_not_forget_what_was_spent(
    plugin: Plugin, endpoint: MockedEndpoint, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_budget(plugin, "0.60")
    assert plugin.analyze()["status"] == "ok"

    another_process(plugin, monkeypatch, endpoint, clock)

    assert plugin.analyze(content="Another desk")["error_code"] == "budget_exceeded"


def test_two_processes_share_a_budget_through_the_database(
    plugin: Plugin,
    endpoint: MockedEndpoint,
    clock: StillClock,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    with_budget(plugin, "0.80", store_url=f"sqlite:///{tmp_path / 'approvals.db'}")
    said = []
    for number in range(4):
        another_process(plugin, monkeypatch, endpoint, clock)
        said.append(plugin.analyze(content=f"Desk number {number}")["status"])

    assert said == ["ok", "ok", "manual_review", "manual_review"]


def test_what_the_endpoint_states_is_what_counts(plugin: Plugin, endpoint: MockedEndpoint) -> None:
    stated: dict[str, Any] = {"prompt_tokens": 400, "completion_tokens": 100, "cost": 0.5}
    endpoint.answers(completion(analysis(), stated))
    with_budget(plugin, "1.00")

    assert [plugin.analyze(content=f"Desk {number}")["status"] for number in range(2)] == [
        "ok",
        "manual_review",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("0", "greater than 0"),
        ("-5", "must not be negative"),
        ("five", "must not be in words"),
        ("1.000", "two readings, 1.000 and 1000"),
        ("5 EUR", "is in EUR, but the currency is USD"),
        ("nan", "finite"),
        ("9000000", "less than or equal to 1000000"),
    ],
)
def test_what_is_no_budget_is_refused_with_the_value(text: str, told: str) -> None:
    with pytest.raises(ApprovalError, match=f"daily_budget_usd is '{text}'") as caught:
        Settings.from_credentials({"api_key": "sk-example", "daily_budget_usd": text})

    assert told in caught.value.message


@pytest.mark.parametrize("text", ["5", "2.50", "$5", "5 USD", " 1,250.00 "])
def test_a_budget_is_read_as_people_write_it(text: str) -> None:
    assert Settings.from_credentials({"api_key": "sk-example", "daily_budget_usd": text}).daily_budget_usd


def test_saving_a_budget_needs_the_price_of_both_models(plugin: Plugin, endpoint: MockedEndpoint) -> None:
    for name in ("model", "second_opinion_model"):
        credentials = {**plugin.credentials, "daily_budget_usd": "5", name: "in-house"}
        with pytest.raises(ApprovalError, match=rf"{name} 'in-house' costs.*into prices") as caught:
            plugin.wiring.check(Settings.from_credentials(credentials))
        assert '{"in-house": {"input": 0.14' in caught.value.message
    assert endpoint.calls == 0
