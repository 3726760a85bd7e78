# SPDX-License-Identifier: Apache-2.0
"""A stage with two signatures where each level has one form: the run says what is missing, another asks for it."""

import json

import pytest

from approvals.domain.terms import Level, State
from tests.workflows.stories import RecordStage, Stage, Step, Story, take
from tests.workflows.test_approval_resume import resumed

PEOPLE = [
    {"name": name, "email": f"{name.lower()}@firm.example", "levels": levels}
    for name, levels in (("Ann", ["manager"]), ("Bea", ["manager"]), ("Dan", ["director"]))
]


def policy(*stages: object) -> str:
    return json.dumps({"version": 1, "people": PEOPLE, "default": {"stages": stages}})


def test_the_form_tells_that_another_person_will_be_asked(stage: Stage) -> None:
    run = stage.start(Story(State.APPROVED), POLICY=policy({"level": "manager", "signatures": 2}))

    [form] = run.pending_forms
    assert "asks for **Manager** (2 signatures)" in form.content
    assert "2 signatures are missing, yours included." in form.content
    assert "**Approve**: another **Manager** signs next." in form.content


def test_the_run_says_what_is_missing_and_a_second_run_asks_for_it(
    stage: Stage, resume_stage: RecordStage
) -> None:
    two = policy({"level": "manager", "signatures": 2}, "director")
    first = stage.start(Story(State.APPROVED), POLICY=two)
    take(first, Step(Level.MANAGER, "approve", "Ann"))

    assert first.status.succeeded
    assert first.pending_forms == ()
    assert (first.outputs["state"], first.outputs["next_step"]) == (State.UNDER_REVIEW, "review_manager")
    assert first.outputs["reason"] == "approved by Ann as manager; another manager signs next"
    assert first.outputs["error"] == (
        "2 signatures are missing: manager, then director, next by bea@firm.example. "
        f"Unless a form is open, start approval_resume.yml with the ID {first.run_id}"
    )

    second = resumed(resume_stage, first.run_id)
    [form] = second.pending_forms
    assert "**Ann** approved as **Manager**" in form.content
    assert "**Approve**: **Director** signs next." in form.content
    take(second, Step(Level.MANAGER, "approve", "Bea"))
    take(second, Step(Level.DIRECTOR, "approve", "Dan"))
    assert (second.outputs["state"], second.outputs["error"]) == (State.APPROVED, "")


@pytest.mark.parametrize("again", ["Ann", "ann@firm.example"])
def test_whoever_signed_cannot_give_the_second_signature(
    again: str, stage: Stage, resume_stage: RecordStage
) -> None:
    first = stage.start(Story(State.APPROVED), POLICY=policy({"level": "manager", "signatures": 2}))
    take(first, Step(Level.MANAGER, "approve", "Ann"))

    second = resumed(resume_stage, first.run_id)
    take(second, Step(Level.MANAGER, "approve", again))

    [form] = second.pending_forms
    assert form.node_id == "ask_director"
    assert "signed for level" in form.content


def test_an_escalation_at_the_top_of_a_route_with_two_signatures_says_what_is_missing(
    stage: Stage, resume_stage: RecordStage
) -> None:
    top = json.dumps({"version": 1, "default": {"stages": ["vp", "executive"]}})
    first = stage.start(Story(State.APPROVED), POLICY=top)
    take(first, Step(Level.VP, "escalate", "Ann"))
    take(first, Step(Level.EXECUTIVE, "approve", "Noor"))

    assert first.outputs["next_step"] == "review_executive"
    assert first.outputs["error"] == (
        "1 signature is missing: executive. Unless a form is open, start approval_resume.yml with the ID "
        f"{first.run_id}"
    )
    second = resumed(resume_stage, first.run_id)
    take(second, Step(Level.EXECUTIVE, "approve", "Bo"))
    assert second.outputs["state"] == State.APPROVED
