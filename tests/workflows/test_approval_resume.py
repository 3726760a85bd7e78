# SPDX-License-Identifier: Apache-2.0
"""The workflow that goes on from the record, after a run that broke or was stopped."""

import pytest

from approvals.domain.terms import Level, State
from devkit.engine import Run, Runner
from tests.workflows.approval_stories import ANALYSED, STORIES
from tests.workflows.conftest import Runs
from tests.workflows.stories import PROVIDER, Faults, Stage, Step, Story, event, take

MANAGER, DIRECTOR = Level.MANAGER, Level.DIRECTOR


def resumed(stage: Stage, request_id: str) -> Run:
    runner = Runner(caller=stage.tools, declarations=stage.declarations)
    return runner.start(stage.workflow, {"request_id": request_id})


@pytest.mark.parametrize("name", ANALYSED)
def test_a_request_that_was_only_analysed_ends_as_its_story_tells(name: str, resume_runs: Runs) -> None:
    run, story = resume_runs[name].result(), STORIES[name]

    assert run.status.succeeded, run.errors
    assert run.outputs["state"] == ("unavailable" if name == "the submission fails" else story.ends)
    assert story.error in (run.outputs["error"] or "")
    assert bool(run.outputs["error"]) == bool(story.error)


def test_every_edge_of_the_workflow_is_taken(resume_runs: Runs, resume_stage: Stage) -> None:
    taken = {edge for run in resume_runs.values() for edge in run.result().edges_taken}

    assert [str(edge) for edge in resume_stage.workflow.edges if edge.edge_id not in taken] == []


@pytest.mark.parametrize("level", Level)
def test_it_asks_the_level_at_which_the_record_stands(
    level: Level, stage: Stage, resume_stage: Stage
) -> None:
    broken = stage.start(Story(State.APPROVED, stages=[level]))

    run = resumed(resume_stage, broken.run_id)

    [form] = run.pending_forms
    assert form.node_id == f"ask_{level}"
    assert form.content == broken.pending_forms[0].content
    take(run, Step(level, "approve", "Ann"))
    assert (run.outputs["state"], run.outputs["error"]) == (State.APPROVED, "")


def test_of_two_open_forms_the_first_answer_counts(stage: Stage, resume_stage: Stage) -> None:
    first = stage.start(Story(State.APPROVED, stages=[MANAGER, DIRECTOR]))
    second = resumed(resume_stage, first.run_id)
    take(second, Step(MANAGER, "approve", "Ann"))

    take(first, Step(MANAGER, "reject", "Bo"))

    assert [form.node_id for form in first.pending_forms] == ["ask_director"]


def test_a_decision_that_an_outage_swallowed_is_asked_for_again(stage: Stage, resume_stage: Stage) -> None:
    story = Story(State.APPROVED, stages=[MANAGER], breaks=event("approve"))
    lost = stage.start(story)
    take(lost, Step(MANAGER, "approve", "Ann"))
    assert "does not answer" in lost.outputs["error"]

    run = resumed(resume_stage, lost.run_id)
    take(run, Step(MANAGER, "approve", "Ann"))

    assert run.outputs["state"] == State.APPROVED


def test_the_second_signature_of_the_top_level_is_asked_for(stage: Stage, resume_stage: Stage) -> None:
    story = STORIES["the top must sign twice, and the run asks once"]
    first = stage.start(story)
    for step in story.steps:
        take(first, step)
    assert first.outputs["next_step"] == "review_executive"

    run = resumed(resume_stage, first.run_id)
    take(run, Step(Level.EXECUTIVE, "approve", "Bo"))

    assert run.outputs["state"] == State.APPROVED


def test_an_id_that_stands_for_nothing_is_told(resume_stage: Stage) -> None:
    run = resumed(resume_stage, "PO-unheard-of")

    assert run.pending_forms == ()
    assert "PO-unheard-of" in run.outputs["error"]


def test_a_closed_request_asks_nobody_and_says_how_it_ended(stage: Stage, resume_stage: Stage) -> None:
    closed = stage.start(Story(State.APPROVED))

    run = resumed(resume_stage, closed.run_id)

    assert run.pending_forms == ()
    assert run.outputs["state"] == State.APPROVED
    assert run.outputs["next_step"] == "closed"


def test_looking_where_a_request_stands_is_no_attempt_to_decide(stage: Stage, resume_stage: Stage) -> None:
    broken = stage.start(Story(State.APPROVED, stages=[MANAGER]))
    resumed(resume_stage, broken.run_id)

    [found] = (
        Faults(stage.tools)
        .call(PROVIDER, "find_approvals", {"request_id": broken.run_id}, "app")
        .variables["approvals"]
    )

    assert found["refusals"] == []
