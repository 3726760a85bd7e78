# SPDX-License-Identifier: Apache-2.0
"""The workflow that goes on from the record, after a run that broke or was stopped."""

import pytest

from approvals.domain.terms import Level, State
from devkit.engine import Run, Runner
from tests.workflows.approval_stories import ANALYSED, STORIES
from tests.workflows.conftest import Runs
from tests.workflows.lifecycle import EXPECTED, transitions_of
from tests.workflows.stories import PROVIDER, Faults, Stage, Step, Story, event, take

MANAGER, DIRECTOR = Level.MANAGER, Level.DIRECTOR


ASK = Step(DIRECTOR, "return", "Noor", "Which supplier?")


def resumed(stage: Stage, request_id: str, **form: object) -> Run:
    runner = Runner(caller=stage.tools, declarations=stage.declarations)
    return runner.start(stage.workflow, {"request_id": request_id, **form})


def returned(stage: Stage) -> str:
    """The id of Mia's request that a manager signed and a director returned."""
    run = stage.start(Story(State.RETURNED, stages=[MANAGER, DIRECTOR]))
    take(run, Step(MANAGER, "approve", "Ann"))
    take(run, ASK)
    assert run.outputs["state"] == State.RETURNED
    assert "Noor as director: “Which supplier?”" in run.outputs["reason"]
    asked = (
        f"Mia Sand was asked a question. Start approval_resume.yml with the ID {run.run_id} and the answer"
    )
    assert (run.outputs["next_step"], run.outputs["error"]) == ("resubmit", asked)
    return run.run_id


@pytest.mark.parametrize("name", ANALYSED)
def test_a_request_that_was_only_analysed_ends_as_its_story_tells(name: str, resume_runs: Runs) -> None:
    run, story = resume_runs[name].result(), STORIES[name]

    assert run.status.succeeded, run.errors
    assert run.outputs["state"] == ("unavailable" if name == "the submission fails" else story.ends)
    assert story.error in (run.outputs["error"] or "")
    assert bool(run.outputs["error"]) == bool(story.error)


def test_every_edge_of_the_workflow_is_taken(resume_runs: Runs, resume_stage: Stage, stage: Stage) -> None:
    request_id = returned(stage)
    strangers = resumed(resume_stage, request_id, requester="Mallory", answer="Any")
    unreadable = resumed(resume_stage, request_id, requester="Mia Sand", content="Two lamps", amount=-1)
    runs = [*(run.result() for run in resume_runs.values()), strangers, unreadable]
    taken = {edge for run in runs for edge in run.edges_taken}

    assert [str(edge) for edge in resume_stage.workflow.edges if edge.edge_id not in taken] == []


def test_the_runs_take_every_transition_of_the_table_and_no_other(resume_runs: Runs) -> None:
    assert transitions_of(resume_runs) == EXPECTED


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


def test_an_answer_leads_back_to_who_asked(stage: Stage, resume_stage: Stage) -> None:
    run = resumed(resume_stage, returned(stage), requester="mia sand", answer="Lumen Ltd, as last year")

    [form] = run.pending_forms
    assert form.node_id == "ask_director"
    assert "“Lumen Ltd, as last year”" in form.content
    take(run, Step(DIRECTOR, "approve", "Noor"))
    assert (run.outputs["state"], run.outputs["error"]) == (State.APPROVED, "")


def test_new_content_is_read_anew_and_asked_about_from_the_first_stage_on(
    stage: Stage, resume_stage: Stage
) -> None:
    run = resumed(
        resume_stage,
        returned(stage),
        requester="Mia Sand",
        answer="Two of them",
        content="Two desk lamps for the reception.\nSupplier: Fabrikam",
        amount=150,
    )

    [form] = run.pending_forms
    assert form.node_id == "ask_manager"
    assert "**What changed since the last version**" in form.content
    assert "“100 USD” → “150 USD”" in form.content
    assert "**Vendor**: Fabrikam" in form.content
    take(run, Step(MANAGER, "approve", "Ann"))
    take(run, Step(DIRECTOR, "approve", "Noor"))
    assert (run.outputs["state"], run.outputs["error"]) == (State.APPROVED, "")


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"requester": "Mallory", "answer": "Any"}, "it was returned to 'Mia Sand'"),
        ({"answer": "Any"}, "needs the name"),
        ({"requester": "Mallory", "content": "Two lamps"}, "only they revise it"),
    ],
)
def test_a_stranger_brings_nothing_back_and_the_run_says_so(
    form: dict[str, str], said: str, stage: Stage, resume_stage: Stage
) -> None:
    request_id = returned(stage)
    run = resumed(resume_stage, request_id, **form)

    assert run.pending_forms == ()
    assert said in run.outputs["error"]
    again = resumed(resume_stage, request_id, requester="Mia Sand", answer="Lumen Ltd")
    assert [one.node_id for one in again.pending_forms] == ["ask_director"]


def test_new_content_that_cannot_be_read_is_not_taken_for_an_answer(
    stage: Stage, resume_stage: Stage
) -> None:
    run = resumed(resume_stage, returned(stage), requester="Mia Sand", content="Two lamps", amount=-5)

    assert run.pending_forms == ()
    assert "amount" in run.outputs["error"]
