# SPDX-License-Identifier: Apache-2.0
"""A list of requests through the batch workflow, with the plugin as a real process."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from devkit.bundle.command import shipped_tools
from devkit.engine import Run, Runner, RunStatus, ToolCaller, ToolResult, load_workflow
from devkit.engine.plugin_tools import PluginTools
from devkit.engine.run import MAX_STEPS
from tests.workflows.stories import OUTAGE, ROOT, Faults

WORKFLOW = load_workflow(ROOT / "workflows" / "approval_batch.yml").with_retry_interval(0)
STEPS_A_ROUND, STEPS_AROUND = 1, 7


@dataclass(slots=True)
class Calm:
    """Reads every request as harmless, and routes each to a manager."""

    def call(self, provider_id: str, tool_name: str, parameters: dict[str, Any], app_id: str) -> ToolResult:
        if tool_name == "analyze_batch":
            ids = [one["request_id"] for one in json.loads(parameters["requests"])]
            results = [{"request_id": one, "risk_level": "low"} for one in ids]
            return ToolResult({"status": "ok", "results": results, "request_ids": ids, "total": len(ids)})
        if tool_name == "find_approvals":
            return ToolResult({"status": "ok"}, text="a table")
        return ToolResult({"status": "ok", "request_id": parameters["request_id"], "state": "under_review"})


def batch(caller: ToolCaller, requests: object, **environment: str) -> Run:
    """One run; at most ten rounds side by side, as in Dify."""
    runner = Runner(caller=caller, declarations=shipped_tools(ROOT), workers=10)
    text = requests if isinstance(requests, str) else json.dumps(requests)
    return runner.start(WORKFLOW.with_environment(**environment), {"requests": text})


def listed(count: int) -> list[dict[str, Any]]:
    return [
        {"request_id": f"B-{number}", "content": "A lamp", "amount": 100, "requester": "Mia"}
        for number in range(count)
    ]


def rows(run: Run) -> Mapping[str, list[str]]:
    """The rows of the report, by the request's ID."""
    cells = [line.strip("| ").split(" | ") for line in run.outputs["report"].splitlines() if line[:2] == "| "]
    return {row[0]: row[1:] for row in cells[1:] if row[0] != "---"}


@pytest.fixture(scope="module")
def mixed(tools: PluginTools) -> Run:
    """A small request, a large one, one that is no request, and one whose routing meets an outage."""
    requests = [
        {
            "request_id": "M-1",
            "content": "A lamp from Lumen Ltd",
            "vendor": "Lumen Ltd",
            "request_type": "expense",
            "amount": 40,
            "requester": "Mia",
        },
        {
            "request_id": "M-2",
            "content": "A hall",
            "request_type": "purchase",
            "amount": 90000,
            "requester": "Mia",
        },
        {"request_id": "M-3", "content": ""},
        {
            "request_id": "M-4",
            "content": "A chair",
            "request_type": "purchase",
            "amount": 40,
            "requester": "Mia",
        },
    ]
    unlucky = Faults(tools, lambda tool, sent: tool == "route_approval" and sent["request_id"] == "M-4")
    return batch(unlucky, requests)


def test_the_report_says_of_each_request_what_its_record_says(mixed: Run) -> None:
    assert mixed.status is RunStatus.PARTIAL
    found = rows(mixed)
    assert list(found) == ["M-1", "M-2", "M-4"]
    assert "approved" in found["M-1"]
    assert "under review" in found["M-2"]
    assert "not submitted" in found["M-4"]  # its routing failed, and the report says no more than that


def test_what_was_not_stored_is_told_with_its_reason(mixed: Run) -> None:
    assert "content is required" in mixed.outputs["summary"]
    assert mixed.outputs["total"] == 4
    assert mixed.outputs["failed"] == 1


def test_the_same_list_twice_routes_nobody_twice_and_catches_up_on_what_failed(tools: PluginTools) -> None:
    requests = [
        {
            "request_id": f"T-{number}",
            "content": "A lamp from Lumen Ltd",
            "vendor": f"Lumen {number}",
            "request_type": "expense",
            "amount": 40,
            "requester": "Mia",
        }
        for number in (1, 2)
    ]
    broken = Faults(tools, lambda tool, sent: tool == "route_approval" and sent["request_id"] == "T-2")
    first, second = batch(broken, requests), batch(tools, requests)

    assert [row[3] for row in rows(first).values()] == ["approved", "not submitted"]
    assert [row[3] for row in rows(second).values()] == ["approved", "approved"]


def test_two_hundred_requests_stay_under_the_steps_that_dify_allows() -> None:
    run = batch(Calm(), listed(200))

    assert run.status is RunStatus.SUCCEEDED
    assert len(run.trace) == 200 * STEPS_A_ROUND + STEPS_AROUND == 207 < MAX_STEPS
    assert run.outputs["report"] == "a table"


@pytest.mark.parametrize("text", ["two desks", "[]", '[{"content": ""}]'])
def test_a_list_of_which_nothing_is_stored_is_told_and_reports_on_nothing_else(
    text: str, tools: PluginTools, mixed: Run
) -> None:
    run = batch(tools, text)

    assert run.status.succeeded, run.errors
    assert run.outputs["error"]
    assert run.outputs["error"] in run.outputs["report"]
    assert "M-1" not in run.outputs["report"]
    assert mixed.status.succeeded


def test_an_outage_at_the_first_node_is_told(tools: PluginTools) -> None:
    run = batch(Faults(tools, lambda *_: True), listed(2))

    assert run.status is RunStatus.PARTIAL
    assert run.outputs["report"] == run.outputs["error"] == OUTAGE.message


def test_two_hundred_requests_are_read_and_routed_by_the_plugin_itself(tools: PluginTools) -> None:
    run = batch(tools, listed(200))

    assert run.status is RunStatus.SUCCEEDED, run.errors
    assert set(rows(run)) == {f"B-{number}" for number in range(200)}
    assert "parts that pass a bound together (B-" in next(iter(rows(run).values()))[-1]  # those stand first
    assert {row[3] for row in rows(run).values()} == {"under review"}
    assert run.outputs["succeeded"] == 200


def test_every_edge_of_the_workflow_is_taken(mixed: Run, tools: PluginTools) -> None:
    taken = mixed.edges_taken | batch(tools, "two desks").edges_taken

    assert [str(edge) for edge in WORKFLOW.edges if edge.edge_id not in taken] == []
