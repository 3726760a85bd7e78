# SPDX-License-Identifier: Apache-2.0
"""The workflow for Dify 1.20, through every branch: its forms go to the addresses that the policy names."""

import json

import pytest

from approvals.domain.terms import Level, State
from tests.workflows.address_stories import ADDRESSED, ADDRESSES
from tests.workflows.conftest import Runs
from tests.workflows.lifecycle import EXPECTED, transitions_of
from tests.workflows.stories import Stage, Step, Story, take
from tests.workflows.test_files import WORKFLOWS

MANAGER, DIRECTOR, VP = Level.MANAGER, Level.DIRECTOR, Level.VP


@pytest.mark.parametrize("name", ADDRESSED)
def test_a_request_ends_as_its_story_tells(name: str, address_runs: Runs) -> None:
    run, story = address_runs[name].result(), ADDRESSED[name]

    assert run.status.succeeded, run.errors
    assert run.outputs["state"] == story.ends
    assert story.error in (run.outputs["error"] or "")
    assert bool(run.outputs["error"]) == bool(story.error)


def test_every_edge_of_the_workflow_is_taken(address_runs: Runs, address_stage: Stage) -> None:
    taken = {edge for run in address_runs.values() for edge in run.result().edges_taken}

    assert [str(edge) for edge in address_stage.workflow.edges if edge.edge_id not in taken] == []


def test_the_runs_take_every_transition_of_the_table_and_no_other(address_runs: Runs) -> None:
    assert transitions_of(address_runs) == EXPECTED


def test_it_has_every_node_of_the_older_file() -> None:
    assert WORKFLOWS["approval.yml"].nodes.keys() <= WORKFLOWS["approval_v2.yml"].nodes.keys()


def test_each_form_goes_to_its_own_level_however_the_request_came_there(address_stage: Stage) -> None:
    run = address_stage.start(Story(State.APPROVED, stages=[MANAGER, VP], approvers=ADDRESSES))
    asked = []

    for step in (Step(MANAGER, "escalate"), Step(DIRECTOR), Step(VP, "approve")):
        [form] = run.pending_forms
        asked.append(form.recipients)
        take(run, step)

    assert asked == [(ADDRESSES[level],) for level in (MANAGER, DIRECTOR, VP)]


def test_nobody_types_a_name_and_the_record_has_the_mailbox(address_stage: Stage) -> None:
    run = address_stage.start(Story(State.APPROVED, stages=[MANAGER], approvers=ADDRESSES))

    [form] = run.pending_forms
    assert form.inputs == ("comment",)
    take(run, Step(MANAGER, "approve"))
    assert run.outputs["reason"] == f"approved by {ADDRESSES[MANAGER]} as manager"


def test_ann_cannot_approve_her_own_request_from_her_own_mailbox(address_stage: Stage) -> None:
    ann = ADDRESSES[MANAGER]
    story = Story(State.APPROVED, stages=[MANAGER], approvers=ADDRESSES, form={"requester": ann})
    run = address_stage.start(story)

    [form] = run.pending_forms
    assert (form.node_id, form.recipients) == ("ask_manager", (ADDRESSES[DIRECTOR],))
    take(run, Step(MANAGER, "approve"))
    assert run.outputs["reason"] == f"approved by {ADDRESSES[DIRECTOR]} as director"


def test_a_run_that_asks_nobody_says_which_level_and_what_to_do(address_stage: Stage) -> None:
    run = address_stage.start(Story(State.UNDER_REVIEW, stages=[DIRECTOR]))

    assert run.pending_forms == ()
    assert run.outputs["state"] == State.UNDER_REVIEW
    assert run.outputs["next_step"] == "review_director"
    assert run.outputs["error"] == (
        "Nobody was asked: the policy names no address for the level director. The request stays open. Name one in "
        "POLICY for the next requests, and decide this one with approval_resume.yml."
    )


def policy(deadline_hours: int, *stages: object) -> str:
    """A policy with two managers, a director and a vp."""
    holders = (("ann", MANAGER), ("bea", MANAGER), ("dan", DIRECTOR), ("vic", VP))
    people = [{"name": name, "email": f"{name}@firm.example", "levels": [level]} for name, level in holders]
    outcome = {"stages": stages, "deadline_hours": deadline_hours}
    return json.dumps({"version": 1, "people": people, "default": outcome})


def test_several_signatures_of_one_level_are_asked_for_one_after_the_other(address_stage: Stage) -> None:
    rules = policy(24, {"level": MANAGER, "signatures": 2}, DIRECTOR)
    run = address_stage.start(Story(State.APPROVED), POLICY=rules)
    asked = []
    while run.pending_forms:
        [form] = run.pending_forms
        asked.append(form.recipients[0])
        run.submit(form.node_id, "approve", {"comment": ""})

    assert asked == ["ann@firm.example", "bea@firm.example", "dan@firm.example"]
    assert (run.outputs["state"], run.outputs["error"]) == (State.APPROVED, "")


def test_a_form_that_runs_out_before_the_policys_deadline_is_sent_again(address_stage: Stage) -> None:
    run = address_stage.start(Story(State.APPROVED), POLICY=policy(100, MANAGER))
    [first] = run.pending_forms
    run.advance_to(first.deadline)

    [second] = run.pending_forms
    assert second.recipients == first.recipients == ("ann@firm.example",)
    run.submit(second.node_id, "approve", {"comment": ""})
    assert run.outputs["reason"] == "approved by ann as manager"
