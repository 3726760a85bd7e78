# SPDX-License-Identifier: Apache-2.0
"""The workflow for Dify 1.20, through every branch: its forms go to the addresses that the policy names."""

import pytest

from approvals.domain.terms import Level, State
from tests.workflows.address_stories import ADDRESSED, FALLBACK
from tests.workflows.conftest import Runs
from tests.workflows.stories import Stage, Step, Story, take
from tests.workflows.test_files import WORKFLOWS

MANAGER, DIRECTOR, VP = Level.MANAGER, Level.DIRECTOR, Level.VP
ANN, VIC = "ann@example.com", "vic@example.com"


@pytest.mark.parametrize("name", ADDRESSED)
def test_a_request_ends_as_its_story_tells(name: str, address_runs: Runs) -> None:
    run, story = address_runs[name].result(), ADDRESSED[name]

    assert run.status.succeeded, run.errors
    assert run.outputs["state"] == story.ends
    assert story.last_error in (run.outputs["error"] or "")
    assert bool(run.outputs["error"]) == bool(story.last_error)


def test_every_edge_of_the_workflow_is_taken(address_runs: Runs, address_stage: Stage) -> None:
    taken = {edge for run in address_runs.values() for edge in run.result().edges_taken}

    assert [str(edge) for edge in address_stage.workflow.edges if edge.edge_id not in taken] == []


def test_it_has_every_node_and_every_edge_of_the_older_file() -> None:
    older, newer = WORKFLOWS["approval.yml"], WORKFLOWS["approval_v2.yml"]
    ways = {(edge.source, edge.handle, edge.target) for edge in newer.edges}
    direct = {(f"brief_{level}", "source", f"ask_{level}") for level in Level}

    assert older.nodes.keys() <= newer.nodes.keys()
    assert {(edge.source, edge.handle, edge.target) for edge in older.edges} - ways == direct


def test_each_form_goes_to_its_own_level_however_the_request_came_there(address_stage: Stage) -> None:
    known = {"manager": ANN, "vp": VIC}
    story = Story(State.APPROVED, stages=[MANAGER, VP], approvers=known)
    run = address_stage.start(story, APPROVER_EMAIL=FALLBACK)
    asked = []

    for step in (Step(MANAGER, "escalate", "Ann"), Step(DIRECTOR), Step(VP, "approve", "Vic")):
        [form] = run.pending_forms
        asked.append((form.recipients, form.filled["approver"]))
        take(run, step)

    assert asked == [((ANN,), ANN), ((FALLBACK,), FALLBACK), ((VIC,), VIC)]
    take(run, Step(Level.EXECUTIVE, "approve", "Noor"))  # two were asked to sign, and two have signed
    assert run.outputs["state"] == State.APPROVED


def test_the_policys_address_goes_before_the_environments(address_stage: Stage) -> None:
    run = address_stage.start(
        Story(State.APPROVED, stages=[MANAGER], approvers={"manager": ANN}), APPROVER_EMAIL=FALLBACK
    )

    assert run.pending_forms[0].recipients == (ANN,)


def test_whoever_is_asked_instead_reads_who_was_passed_over(address_stage: Stage) -> None:
    run = address_stage.start(
        Story(State.APPROVED, stages=[MANAGER], approvers={"director": "dan@example.com"})
    )

    [form] = run.pending_forms
    assert form.node_id == "ask_director"
    assert "escalated by workflow (no address for level manager)" in form.content


def test_an_address_that_is_none_is_not_written_to(address_stage: Stage) -> None:
    run = address_stage.start(Story(State.UNDER_REVIEW, stages=[MANAGER]), APPROVER_EMAIL="ask Ann")

    assert run.pending_forms == ()
    assert run.outputs["state"] == State.ESCALATED
