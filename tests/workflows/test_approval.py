# SPDX-License-Identifier: Apache-2.0
"""The shipped workflow on Dify's engine, with the plugin as a real process, through every branch."""

from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any

import pytest

from approvals.domain.terms import Level, State
from devkit.engine import Run, RunStatus, ToolResult
from devkit.llm_stub import LlmStub, Outcome
from tests.workflows.approval_stories import STORIES
from tests.workflows.lifecycle import EXPECTED, transitions_of
from tests.workflows.stories import Faults, Stage, Step, Story, take

type Runs = Mapping[str, Future[Run]]

MANAGER, DIRECTOR = Level.MANAGER, Level.DIRECTOR


@pytest.mark.parametrize("name", STORIES)
def test_a_request_ends_as_its_story_tells(name: str, runs: Runs) -> None:
    run, story = runs[name].result(), STORIES[name]

    assert run.status.succeeded, run.errors
    assert run.outputs["request_id"] == run.run_id
    assert run.outputs["state"] == story.ends
    assert story.error in (run.outputs["error"] or "")
    assert bool(run.outputs["error"]) == bool(story.error)


def test_every_edge_of_the_workflow_is_taken(runs: Runs, stage: Stage) -> None:
    taken = {edge for run in runs.values() for edge in run.result().edges_taken}

    assert [str(edge) for edge in stage.workflow.edges if edge.edge_id not in taken] == []


def test_the_runs_take_every_transition_of_the_table_and_no_other(runs: Runs) -> None:
    assert transitions_of(runs) == EXPECTED


def test_nothing_is_approved_without_the_policy_or_a_person(runs: Runs) -> None:
    approved = {name for name, run in runs.items() if run.result().outputs["state"] == State.APPROVED}
    pressed = {name for name in approved if any(step.action == "approve" for step in STORIES[name].steps)}

    assert approved - pressed == {"the policy approves"}


def test_an_approved_request_shows_who_why_and_what_it_cost(runs: Runs) -> None:
    outputs = runs["manager escalates"].result().outputs

    assert outputs["approver_level"] == "director"
    assert "Noor" in outputs["reason"]
    assert outputs["risk_level"] == "low"
    assert outputs["summary"]
    assert 0 < outputs["tokens"] <= 800
    assert 0 < outputs["cost_usd"] < 0.01
    assert len(outputs["entry_hash"]) == 64
    assert outputs["error"] == ""


def test_the_short_way_passes_no_form(runs: Runs) -> None:
    assert runs["the policy approves"].result().path == (
        "start",
        "analyze",
        "stored",
        "submit",
        "gate_manager",
        "not_asked",
        "outcome",
        "output",
    )


@pytest.mark.parametrize(
    "outcome", [Outcome.STATUS_401, Outcome.PROSE], ids=["a refused key", "prose for a reply"]
)
def test_without_an_analysis_a_person_decides_and_the_form_says_so(
    outcome: Outcome, stage: Stage, stub: LlmStub
) -> None:
    stub.always(outcome)
    try:
        run = stage.start(Story(State.APPROVED))  # under a policy that would approve it
    finally:
        stub.clear()

    [form] = run.pending_forms
    assert "**No analysis**: Judge for yourself; the risk counts as high." in form.content
    while run.pending_forms:
        level = Level(run.pending_forms[0].node_id.removeprefix("ask_"))
        take(run, Step(level, "approve", f"Signer {level.rank}"))
    assert run.status is RunStatus.SUCCEEDED
    assert run.outputs["state"] == State.APPROVED
    assert run.outputs["error"] == ""


def test_an_unknown_price_is_left_out_and_nothing_fails(stage: Stage) -> None:
    story = Story(State.APPROVED, [Step(MANAGER, "approve", "Ann")], [MANAGER])

    run = stage.start(story, MODEL="house-model-7b")
    take(run, story.steps[0])

    assert run.status is RunStatus.SUCCEEDED
    assert run.outputs["cost_usd"] is None
    assert run.outputs["tokens"] > 0


def elsewhere(stage: Stage, run: Run, event: str, **parameters: str) -> ToolResult:
    """An event that reaches the request by another way than this run: the sweep, the endpoint, a colleague."""
    sent = {"request_id": run.run_id, "event": event, **parameters}
    return stage.tools.call("approvalkit/approvals/approvals", "route_approval", sent, "app")


def test_a_sweep_that_was_faster_is_followed_not_repeated(stage: Stage) -> None:
    run = stage.start(Story(State.APPROVED, stages=[MANAGER]))
    elsewhere(stage, run, "timeout")

    take(run, Step(MANAGER, "approve", "Ann"))

    assert [form.node_id for form in run.pending_forms] == ["ask_director"]
    take(run, Step(DIRECTOR, "approve", "Noor"))
    assert run.outputs["state"] == State.APPROVED
    assert run.outputs["approver_level"] == DIRECTOR


def test_a_form_that_runs_out_after_the_sweep_does_not_escalate_twice(stage: Stage) -> None:
    run = stage.start(Story(State.APPROVED, stages=[MANAGER]))
    elsewhere(stage, run, "timeout")

    take(run, Step(MANAGER))

    assert [form.node_id for form in run.pending_forms] == ["ask_director"]


def test_a_form_that_runs_out_before_the_policys_deadline_leaves_the_request_open_and_says_so(
    stage: Stage,
) -> None:
    rules = '{"version": 1, "default": {"stages": ["manager"], "deadline_hours": 100}}'
    run = stage.start(Story(State.UNDER_REVIEW), POLICY=rules)
    take(run, Step(MANAGER))

    assert run.status.succeeded
    assert (run.outputs["state"], run.outputs["next_step"]) == (State.UNDER_REVIEW, "review_manager")
    assert "It stays open" in run.outputs["error"]
    assert "approval_resume.yml asks again" in run.outputs["error"]


def test_a_request_that_was_withdrawn_meanwhile_stays_withdrawn(stage: Stage) -> None:
    run = stage.start(Story(State.WITHDRAWN, stages=[MANAGER]))
    elsewhere(stage, run, "withdraw", actor="Mia Sand")

    take(run, Step(MANAGER, "approve", "Ann"))

    assert run.status.succeeded
    assert run.outputs["state"] == State.WITHDRAWN


class Twice(Faults):
    """Sends every call two times, as a workflow retry may, and answers with the second answer."""

    def call(self, provider_id: str, tool_name: str, parameters: dict[str, Any], app_id: str) -> ToolResult:
        first = super().call(provider_id, tool_name, parameters, app_id)
        second = super().call(provider_id, tool_name, parameters, app_id)
        if first.variables["status"] == "ok":
            assert second.variables["replayed"]
            assert second.variables.get("entry_hash") == first.variables.get("entry_hash")
        return second


def test_every_step_may_run_twice_and_counts_once(stage: Stage) -> None:
    story = Story(
        State.APPROVED, [Step(MANAGER, "escalate", "Ann"), Step(DIRECTOR, "approve", "Noor")], [MANAGER]
    )
    run = stage.start(story, tools=Twice(stage.tools))

    for step in story.steps:
        take(run, step)

    assert run.outputs["state"] == State.APPROVED
    assert run.outputs["approver_level"] == DIRECTOR


def test_the_next_level_reads_what_was_said_before(stage: Stage) -> None:
    run = stage.start(Story(State.APPROVED, stages=[MANAGER]))
    take(run, Step(MANAGER, "escalate", "Ann", "Above *my* limit"))

    content = run.pending_forms[0].content

    assert content.startswith("**Mia Sand** asks for **an expense of 100.00 USD**.")
    assert "You decide as **Director**. Rule “story” of the policy" in content
    assert "**Ann** passed it up from **Manager**: “Above &#42;my&#42; limit”" in content
    assert "“One desk lamp from Lumen Ltd for the reception.”" in content
    assert "{{#$output.approver#}}" in content


def test_a_refused_decision_goes_up_and_the_next_level_reads_who_was_refused(stage: Stage) -> None:
    run = stage.start(Story(State.APPROVED, stages=[MANAGER, DIRECTOR]))
    take(run, Step(MANAGER, "approve", "Mia Sand"))

    [form] = run.pending_forms
    assert form.node_id == "ask_director"
    assert "separation of duties" in form.content
    take(run, Step(DIRECTOR, "approve", "Noor"))
    assert [form.node_id for form in run.pending_forms] == ["ask_vp"]  # two signatures were asked for
    take(run, Step(Level.VP, "approve", "Bo"))
    assert (run.outputs["state"], run.outputs["error"]) == (State.APPROVED, "")


def test_a_plugin_that_is_away_for_ten_tries_loses_no_decision(stage: Stage) -> None:
    class Restarting(Faults):
        def call(
            self, provider_id: str, tool_name: str, parameters: dict[str, Any], app_id: str
        ) -> ToolResult:
            tries = self.calls.count((tool_name, parameters))
            self.breaks = lambda *_: tries < 10
            return super().call(provider_id, tool_name, parameters, app_id)

    story = Story(State.APPROVED, [Step(MANAGER, "approve", "Ann")], [MANAGER])
    run = stage.start(story, tools=Restarting(stage.tools))
    take(run, story.steps[0])

    assert run.status is RunStatus.PARTIAL
    assert (run.outputs["state"], run.outputs["error"]) == (State.APPROVED, "")
    assert len([node for node in run.trace if node.node_id == "decide_manager"]) == 11
