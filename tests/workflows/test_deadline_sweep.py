# SPDX-License-Identifier: Apache-2.0
"""The hourly sweep, with the plugin as a real process and requests that are overdue the moment they are submitted."""

import json
import uuid
from collections.abc import Mapping
from typing import Any

import pytest

from approvals.domain.terms import Level, State
from devkit.engine import Run, Runner, RunStatus, load_workflow
from devkit.engine.plugin_tools import PluginTools
from tests.workflows.stories import OUTAGE, ROOT, Faults, Stage, Step, Story, take

PROVIDER = "approvalkit/approvals/approvals"
WORKFLOW = load_workflow(ROOT / "workflows" / "deadline_sweep.yml").with_retry_interval(0)
NO_TIME = 0.000_000_1  # hours: a third of a millisecond, less than a call takes


def call(tools: PluginTools, tool: str, **parameters: Any) -> Mapping[str, Any]:
    return tools.call(PROVIDER, tool, parameters, "app").variables


def overdue(tools: PluginTools, on_timeout: str) -> str:
    """A request whose deadline has passed."""
    request_id = f"late-{uuid.uuid4()}"
    late = {"stages": ["manager"], "deadline_hours": NO_TIME}
    policy = json.dumps({"version": 1, "on_timeout": on_timeout, "default": late})
    call(tools, "analyze_approval", request_id=request_id, content="A lamp", policy=policy)
    call(tools, "route_approval", request_id=request_id, event="submit")
    return request_id


def sweep(stage: Stage, tools: Faults | PluginTools | None = None) -> Run:
    return Runner(caller=tools or stage.tools, declarations=stage.declarations).start(WORKFLOW)


def test_what_is_overdue_rises_or_expires_as_its_policy_says(stage: Stage, tools: PluginTools) -> None:
    rises, expires = overdue(tools, "escalate"), overdue(tools, "expire")

    run = sweep(stage)

    assert run.status is RunStatus.SUCCEEDED
    assert rises in run.outputs["escalated"]
    assert expires in run.outputs["expired"]
    assert run.outputs["checked"] >= 2
    assert run.outputs["error"] is None
    assert call(tools, "route_approval", request_id=expires, event="approve")["state"] == State.EXPIRED


def test_what_expired_stays_out_of_the_next_sweep(stage: Stage, tools: PluginTools) -> None:
    expires = overdue(tools, "expire")
    sweep(stage)

    assert expires not in sweep(stage).outputs["expired"]


def test_a_form_that_is_answered_after_the_sweep_goes_on_at_the_next_level(stage: Stage) -> None:
    policy = json.loads(Story(State.APPROVED, [], [Level.MANAGER]).policy)
    policy["rules"][0]["then"]["deadline_hours"] = NO_TIME
    run = Runner(caller=stage.tools, declarations=stage.declarations).start(
        stage.workflow.with_environment(POLICY=json.dumps(policy)),
        {"requester": "Mia", "content": "A lamp", "request_type": "expense", "amount": 10},
    )

    assert run.run_id in sweep(stage).outputs["escalated"]
    take(run, Step(Level.MANAGER, "approve", "Ann"))

    assert [form.node_id for form in run.pending_forms] == ["ask_director"]


def test_a_sweep_that_fails_says_why_and_the_next_hour_tries_again(stage: Stage, tools: PluginTools) -> None:
    late = overdue(tools, "escalate")

    run = sweep(stage, Faults(tools, lambda tool, _: tool == "sweep_deadlines"))

    assert run.status is RunStatus.PARTIAL
    assert run.outputs["error"] == OUTAGE.message
    assert run.outputs["escalated"] is None
    assert late in sweep(stage).outputs["escalated"]
    taken = run.edges_taken | sweep(stage).edges_taken
    assert taken == {edge.edge_id for edge in WORKFLOW.edges}


def test_a_limit_that_makes_no_sense_is_told(stage: Stage) -> None:
    run = Runner(caller=stage.tools, declarations=stage.declarations).start(
        WORKFLOW.with_environment(LIMIT="many")
    )

    assert (
        "limit must be a plain number such as 1234.50, without currency or separators; found 'many'"
        in run.outputs["error"]
    )


@pytest.mark.parametrize(("field", "value"), [("frequency", "hourly"), ("timezone", "UTC")])
def test_it_starts_every_hour(field: str, value: str) -> None:
    assert WORKFLOW.nodes["hour"][field] == value
