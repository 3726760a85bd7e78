# SPDX-License-Identifier: Apache-2.0
"""A list of requests through the batch workflow: the routing is the plugin's, the reading is scripted."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from approvals.domain.terms import State
from devkit.bundle.__main__ import shipped_tools
from devkit.engine import Run, Runner, RunStatus, ToolCaller, ToolFailure, ToolResult, load_workflow
from devkit.engine.plugin_tools import PluginTools
from devkit.engine.run import MAX_STEPS
from tests.workflows.stories import OUTAGE, ROOT, Faults

WORKFLOW = load_workflow(ROOT / "workflows" / "approval_batch.yml").with_retry_interval(0)
STEPS_A_ROUND, STEPS_AROUND = 2, 5


@dataclass(slots=True)
class OneByOne:
    """Answers `analyze_batch` by asking for each request alone; what is refused has an entry without an id."""

    inner: ToolCaller

    def call(self, provider_id: str, tool_name: str, parameters: dict[str, Any], app_id: str) -> ToolResult:
        if tool_name != "analyze_batch":
            return self.inner.call(provider_id, tool_name, parameters, app_id)
        try:
            requests = json.loads(parameters["requests"])
        except ValueError:
            raise ToolFailure("requests must be a JSON array", "InvokeBadRequestError") from None
        results = [
            self._read(provider_id, {**one, "policy": parameters["policy"]}, app_id) for one in requests
        ]
        return ToolResult(totals(results))

    def _read(self, provider_id: str, request: dict[str, Any], app_id: str) -> Mapping[str, Any]:
        try:
            return self.inner.call(provider_id, "analyze_approval", request, app_id).variables
        except ToolFailure as failure:
            return {"status": "refused", "request_id": "", "error_message": failure.message}


@dataclass(slots=True)
class Calm:
    """Reads every request as harmless, and routes each to a manager."""

    def call(self, provider_id: str, tool_name: str, parameters: dict[str, Any], app_id: str) -> ToolResult:
        if tool_name == "analyze_batch":
            requests = json.loads(parameters["requests"])
            return ToolResult(
                totals([{"request_id": one["request_id"], "risk_level": "low"} for one in requests])
            )
        routed = {"state": "under_review", "approver_level": "manager", "policy_rule": "team-budget"}
        return ToolResult({"status": "ok", **routed})


def totals(results: list[Mapping[str, Any]]) -> Mapping[str, Any]:
    failed = sum(one.get("status", "ok") != "ok" for one in results)
    counts = {"total": len(results), "succeeded": len(results) - failed, "failed": failed}
    return {"status": "ok", "results": results, **counts, "tokens_used": 100, "total_cost_usd": 0.0125}


def batch(caller: ToolCaller, requests: object, **environment: str) -> Run:
    """One run; at most ten rounds side by side, as in Dify."""
    runner = Runner(caller=caller, declarations=shipped_tools(), workers=10)
    text = requests if isinstance(requests, str) else json.dumps(requests)
    return runner.start(WORKFLOW.with_environment(**environment), {"requests": text})


def listed(count: int) -> list[dict[str, Any]]:
    return [{"request_id": f"B-{number}", "content": "A lamp", "amount": 100} for number in range(count)]


@pytest.fixture(scope="module")
def mixed(tools: PluginTools) -> Run:
    """A small request, a large one, one that is no request, and one whose routing meets an outage."""
    requests = [
        {"request_id": "M-1", "content": "A lamp from Lumen Ltd", "request_type": "expense", "amount": 40},
        {"request_id": "M-2", "content": "A hall", "request_type": "purchase", "amount": 90000},
        {"request_id": "M-3", "content": ""},
        {"request_id": "M-4", "content": "A chair", "request_type": "purchase", "amount": 40},
    ]
    unlucky = Faults(tools, lambda tool, sent: tool == "route_approval" and sent["request_id"] == "M-4")
    return batch(OneByOne(unlucky), requests)


def test_each_request_takes_its_own_way_and_the_report_tells_all(mixed: Run) -> None:
    assert mixed.status is RunStatus.PARTIAL
    lines = mixed.outputs["report"].splitlines()
    assert lines[0] == "4 requests: 3 read by the model, 1 left to people without an analysis."
    assert "| M-1 | low | approved | – | small-and-routine |" in lines
    assert "| M-2 | high | under_review | director | large |" in lines
    assert any(line.startswith("| (not stored) | – | not routed | – | content is required") for line in lines)
    assert f"| M-4 | – | not routed | – | {OUTAGE.message} |" in lines
    assert lines[-1] == "Tokens: 100. Cost: 0.0125 USD."


def test_the_order_of_the_report_is_the_order_of_the_list(mixed: Run) -> None:
    rows = [
        line.split("|")[1].strip() for line in mixed.outputs["report"].splitlines() if line.startswith("| ")
    ]
    assert rows == ["request", "M-1", "M-2", "(not stored)", "M-4"]


def test_the_same_list_twice_routes_nobody_twice(tools: PluginTools) -> None:
    requests = [
        {"request_id": "T-1", "content": "A lamp from Lumen Ltd", "request_type": "expense", "amount": 40}
    ]
    first, second = (batch(OneByOne(tools), requests) for _ in range(2))

    assert f"| {State.APPROVED} |" in first.outputs["report"]
    assert f"| {State.APPROVED} |" in second.outputs["report"]
    assert len({first.run_id, second.run_id}) == 2


def test_two_hundred_requests_stay_under_the_steps_that_dify_allows() -> None:
    run = batch(Calm(), listed(200))

    assert run.status is RunStatus.SUCCEEDED
    assert len(run.trace) == 200 * STEPS_A_ROUND + STEPS_AROUND == 405 < MAX_STEPS
    rows = [line for line in run.outputs["report"].splitlines() if line.startswith("| B-")]
    assert rows == [f"| B-{number} | low | under_review | manager | team-budget |" for number in range(200)]


def test_a_list_that_cannot_be_read_is_told(tools: PluginTools) -> None:
    run = batch(OneByOne(tools), "two desks")

    assert run.outputs["report"] == "Nothing was routed: requests must be a JSON array"
    assert run.outputs["error"] == "requests must be a JSON array"


@dataclass(slots=True)
class TooMuch(Calm):
    """Has no room for the last results, and no time for some more."""

    def call(self, provider_id: str, tool_name: str, parameters: dict[str, Any], app_id: str) -> ToolResult:
        answer = Calm.call(self, provider_id, tool_name, parameters, app_id)
        return ToolResult({**answer.variables, "results_left_out": 3, "not_started": 7})


def test_what_was_not_routed_is_told_and_what_to_do() -> None:
    lines = batch(TooMuch(), listed(2)).outputs["report"].splitlines()

    assert lines[1].startswith("**3 at the end of the list were stored and not routed;")
    assert lines[2].startswith("**The time was over for 7;")
    assert not any("**" in line for line in batch(Calm(), listed(2)).outputs["report"].splitlines())


def test_two_hundred_requests_are_read_and_routed_by_the_plugin_itself(tools: PluginTools) -> None:
    run = batch(tools, listed(200))

    assert run.status is RunStatus.SUCCEEDED, run.errors
    rows = [line for line in run.outputs["report"].splitlines() if line.startswith("| B-")]
    assert [row.split("|")[1].strip() for row in rows] == [f"B-{number}" for number in range(200)]
    assert not any("not routed" in row for row in rows)
    assert run.outputs["succeeded"] == 200


def test_an_empty_list_is_no_error() -> None:
    run = batch(Calm(), [])

    assert run.status is RunStatus.SUCCEEDED
    assert run.outputs["total"] == 0


def test_every_edge_of_the_workflow_is_taken(mixed: Run, tools: PluginTools) -> None:
    taken = mixed.edges_taken | batch(OneByOne(tools), "two desks").edges_taken

    assert [str(edge) for edge in WORKFLOW.edges if edge.edge_id not in taken] == []
