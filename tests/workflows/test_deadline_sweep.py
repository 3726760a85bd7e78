# SPDX-License-Identifier: Apache-2.0
"""The hourly sweep, with the plugin as a real process and a clock that the tests put forward."""

import json
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from approvals.domain.terms import Level, State
from devkit.clock import HOURS_FILE, PLUGIN, Hours
from devkit.engine import Run, Runner, RunStatus, load_workflow
from devkit.engine.plugin_tools import PluginTools
from devkit.host import PluginHost
from devkit.llm_stub import LlmStub
from tests.workflows.conftest import credentials
from tests.workflows.stories import OUTAGE, ROOT, Faults, Stage, Step, Story, take

PROVIDER = "approvalkit/approvals/approvals"
WORKFLOW = load_workflow(ROOT / "workflows" / "deadline_sweep.yml").with_retry_interval(0)
APPROVAL = load_workflow(ROOT / "workflows" / "approval.yml").with_retry_interval(0)


@pytest.fixture(scope="module")
def hours(tmp_path_factory: pytest.TempPathFactory) -> Hours:
    """How late it is."""
    return Hours(Path(tmp_path_factory.mktemp("clock")) / "hours")


@pytest.fixture(scope="module")
def stage(stub: LlmStub, hours: Hours) -> Iterator[Stage]:
    """A plugin of these tests' own, on that clock."""
    env = {HOURS_FILE: str(hours.file)}
    with PluginHost(PLUGIN, cwd=ROOT, env=env, credentials=credentials(stub)) as host:
        yield Stage(PluginTools(host), APPROVAL)


def call(stage: Stage, tool: str, **parameters: Any) -> Mapping[str, Any]:
    result: Mapping[str, Any] = stage.tools.call(PROVIDER, tool, parameters, "app").variables
    return result


def submitted(stage: Stage, on_timeout: str = "escalate", within: float = 48) -> str:
    """A request that a manager has so many hours for."""
    request_id = f"late-{uuid.uuid4()}"
    policy = {"version": 1, "on_timeout": on_timeout}
    policy |= {"default": {"stages": ["manager"], "deadline_hours": within}}
    call(
        stage,
        "analyze_approval",
        request_id=request_id,
        content="A lamp",
        requester="Mia",
        policy=json.dumps(policy),
    )
    assert call(stage, "route_approval", request_id=request_id, event="submit")["status"] == "ok"
    return request_id


def standing(stage: Stage, request_id: str) -> tuple[str, str]:
    """The state of a request, and the level that it waits at."""
    [found] = call(stage, "find_approvals", request_id=request_id)["approvals"]
    return found["state"], found["level"]


def sweep(stage: Stage, tools: Faults | None = None) -> Run:
    return Runner(caller=tools or stage.tools, declarations=stage.declarations).start(WORKFLOW)


def moved(run: Run) -> set[str]:
    """The requests that a sweep moved on."""
    return {*run.outputs["escalated"], *run.outputs["expired"]}


def test_before_its_deadline_nothing_happens_to_a_request(stage: Stage, hours: Hours) -> None:
    waiting = {submitted(stage, "escalate"), submitted(stage, "expire")}
    hours.pass_by(47)

    run = sweep(stage)

    assert run.status is RunStatus.SUCCEEDED
    assert not waiting & moved(run)
    assert {standing(stage, one) for one in waiting} == {(State.UNDER_REVIEW, Level.MANAGER)}


def test_after_its_deadline_it_rises_or_expires_as_its_policy_says(stage: Stage, hours: Hours) -> None:
    rises, expires = submitted(stage, "escalate"), submitted(stage, "expire")
    hours.pass_by(48)

    run = sweep(stage)

    assert run.status is RunStatus.SUCCEEDED
    assert rises in run.outputs["escalated"]
    assert expires in run.outputs["expired"]
    assert run.outputs["checked"] >= 2
    assert run.outputs["error"] == ""
    assert standing(stage, rises) == (State.ESCALATED, Level.DIRECTOR)
    assert standing(stage, expires)[0] == State.EXPIRED
    assert call(stage, "route_approval", request_id=expires, event="approve")["state"] == State.EXPIRED


def test_hour_by_hour_an_unanswered_request_climbs_to_the_top_and_expires_there(
    stage: Stage, hours: Hours
) -> None:
    request_id, seen = submitted(stage, within=3), {}

    for hour in range(1, 15):
        hours.pass_by(1)
        if request_id in moved(sweep(stage)):
            seen[hour] = standing(stage, request_id)

    assert seen == {
        3: (State.ESCALATED, Level.DIRECTOR),
        6: (State.ESCALATED, Level.VP),
        9: (State.ESCALATED, Level.EXECUTIVE),
        12: (State.EXPIRED, ""),
    }


def test_a_signature_gives_the_next_level_its_whole_time(stage: Stage, hours: Hours) -> None:
    request_id = submitted(stage)
    hours.pass_by(47)
    call(stage, "route_approval", request_id=request_id, event="escalate", actor="Ann", actor_level="manager")
    hours.pass_by(47)

    assert request_id not in moved(sweep(stage))
    hours.pass_by(1)
    assert request_id in sweep(stage).outputs["escalated"]


def test_a_form_that_is_answered_after_the_sweep_goes_on_at_the_next_level(
    stage: Stage, hours: Hours
) -> None:
    run = stage.start(Story(State.APPROVED, stages=[Level.MANAGER]))
    hours.pass_by(24)

    assert run.run_id in sweep(stage).outputs["escalated"]
    take(run, Step(Level.MANAGER, "approve", "Ann"))

    assert [form.node_id for form in run.pending_forms] == ["ask_director"]


def test_a_sweep_that_fails_says_why_and_the_next_hour_tries_again(stage: Stage, hours: Hours) -> None:
    late = submitted(stage)
    hours.pass_by(48)

    run = sweep(stage, Faults(stage.tools, lambda tool, _: tool == "sweep_deadlines"))

    assert run.status is RunStatus.PARTIAL
    assert run.outputs["error"] == OUTAGE.message
    assert run.outputs["escalated"] is None
    hours.pass_by(1)
    assert late in sweep(stage).outputs["escalated"]
    taken = run.edges_taken | sweep(stage).edges_taken
    assert taken == {edge.edge_id for edge in WORKFLOW.edges}


def test_a_limit_that_makes_no_sense_is_told(stage: Stage) -> None:
    run = Runner(caller=stage.tools, declarations=stage.declarations).start(
        WORKFLOW.with_environment(LIMIT="many")
    )

    assert run.outputs["error"] == "limit must be a whole number from 1 to 1000; found 'many'"


@pytest.mark.parametrize(("field", "value"), [("frequency", "hourly"), ("timezone", "UTC")])
def test_it_starts_every_hour(field: str, value: str) -> None:
    assert WORKFLOW.nodes["hour"][field] == value
