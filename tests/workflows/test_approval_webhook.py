# SPDX-License-Identifier: Apache-2.0
"""Requests that another system sends, through every branch, with the plugin as a real process."""

import json

import pytest

from approvals.domain.terms import Level, State
from devkit.engine import Runner, StartFormError
from tests.workflows.approval_stories import STORIES
from tests.workflows.conftest import Runs
from tests.workflows.lifecycle import EXPECTED, transitions_of
from tests.workflows.stories import Stage, Step, Story, take

SENT = {"reference": "PO-2026-0417", "content": "Ten chairs", "requester": "erp@example.com", "amount": 900}


@pytest.mark.parametrize("name", STORIES)
def test_a_request_ends_as_its_story_tells(name: str, webhook_runs: Runs) -> None:
    run, story = webhook_runs[name].result(), STORIES[name]

    assert run.status.succeeded, run.errors
    assert run.outputs["state"] == story.ends
    assert run.outputs["request_id"].startswith("PO-")
    assert story.error in (run.outputs["error"] or "")


def test_every_edge_of_the_workflow_is_taken(webhook_runs: Runs, webhook_stage: Stage) -> None:
    taken = {edge for run in webhook_runs.values() for edge in run.result().edges_taken}

    assert [str(edge) for edge in webhook_stage.workflow.edges if edge.edge_id not in taken] == []


def test_the_runs_take_every_transition_of_the_table_and_no_other(webhook_runs: Runs) -> None:
    assert transitions_of(webhook_runs) == EXPECTED


def test_a_document_that_is_sent_twice_is_decided_once(webhook_stage: Stage) -> None:
    story = Story(State.APPROVED, [Step(Level.MANAGER, "approve", "Ann")], [Level.MANAGER])
    runner = Runner(caller=webhook_stage.tools, declarations=webhook_stage.declarations)
    workflow = webhook_stage.workflow.with_environment(POLICY=story.policy)

    first = runner.start(workflow, SENT)
    second = runner.start(workflow, SENT)

    assert second.pending_forms == ()
    assert second.outputs["state"] == State.UNDER_REVIEW
    assert "submit" in second.outputs["error"]
    take(first, story.steps[0])
    assert first.outputs["state"] == State.APPROVED
    assert first.outputs["request_id"] == "PO-2026-0417"


def test_a_reference_that_is_used_again_with_other_content_submits_nothing(webhook_stage: Stage) -> None:
    runner = Runner(caller=webhook_stage.tools, declarations=webhook_stage.declarations)
    workflow = webhook_stage.workflow.with_environment(POLICY=Story(State.APPROVED).policy)
    pens = {**SENT, "reference": "PO-77", "content": "Ten pens from Lumen Ltd", "amount": 10}

    first = runner.start(workflow, pens)
    second = runner.start(workflow, {**pens, "content": "A milling machine", "amount": 90_000})

    assert first.outputs["state"] == State.APPROVED
    assert second.outputs["state"] == "not_submitted"
    assert "PO-77" in second.outputs["reason"]
    assert second.outputs["error"] == second.outputs["reason"]
    assert not any(node.node_id == "submit" for node in second.trace)


@pytest.mark.parametrize("missing", ["reference", "content", "requester"])
def test_what_every_request_needs_is_asked_for_before_the_run_starts(
    missing: str, webhook_stage: Stage
) -> None:
    runner = Runner(caller=webhook_stage.tools, declarations=webhook_stage.declarations)
    sent = {name: value for name, value in SENT.items() if name != missing}

    with pytest.raises(StartFormError, match=missing):
        runner.start(webhook_stage.workflow, sent)


def test_a_reference_that_cannot_be_an_id_is_told_and_nothing_is_stored(webhook_stage: Stage) -> None:
    runner = Runner(caller=webhook_stage.tools, declarations=webhook_stage.declarations)

    run = runner.start(webhook_stage.workflow, {**SENT, "reference": "PO 2026/0417"})

    assert run.outputs["state"] == "not_submitted"
    assert "must begin with a letter or digit" in run.outputs["reason"]


def test_the_sender_may_shorten_the_deadline(webhook_stage: Stage) -> None:
    runner = Runner(caller=webhook_stage.tools, declarations=webhook_stage.declarations)
    workflow = webhook_stage.workflow.with_environment(
        POLICY=Story(State.APPROVED, [], [Level.MANAGER]).policy
    )

    hours = {"reference": "PO-soon", "deadline_hours": 2, "priority": 1}
    run = runner.start(workflow, {**SENT, **hours})

    [deadline] = [node.outputs["deadline_at"] for node in run.trace if node.node_id == "submit"]
    [form] = run.pending_forms
    assert deadline[:16].replace("T", " ") in form.content


ABOUT = {
    "vendor": "Contoso",
    "document_number": "INV-17",
    "document_date": "2026-11-20",
    "cost_center": "4711",
}


def test_what_the_sender_knows_besides_is_tested_by_rules_and_compared(webhook_stage: Stage) -> None:
    when = {"vendor": ["Contoso"], "cost_center": [4711], "context": {"department": ["sales"]}}
    rule = {"name": "sales-with-contoso", "when": when, "then": {"stages": ["vp"]}}
    policy = json.dumps({"version": 1, "rules": [rule], "default": {"stages": ["manager"]}})
    workflow = webhook_stage.workflow.with_environment(POLICY=policy)
    runner = Runner(caller=webhook_stage.tools, declarations=webhook_stage.declarations)
    whole = {**SENT, **ABOUT, "context": {"department": "sales", "note": 'it\'s "new"'}}

    first = runner.start(workflow, {**whole, "reference": "PO-a"})
    again = runner.start(workflow, {**whole, "reference": "PO-b", "context": {}, "content": "Chairs, again"})
    without = runner.start(workflow, {**SENT, "reference": "PO-c", "content": "Ten tables"})

    assert [run.pending_forms[0].node_id for run in (first, again, without)] == [
        "ask_vp",
        "ask_manager",
        "ask_manager",
    ]
    assert "PO-a" in again.pending_forms[0].content
    assert "same vendor and document number" in again.pending_forms[0].content
