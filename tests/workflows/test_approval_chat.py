# SPDX-License-Identifier: Apache-2.0
"""Requests made in a conversation: every question, and every ending."""

from collections.abc import Mapping
from typing import Any

import pytest

from approvals.domain.terms import Level, State
from devkit.engine import Conversation, Run, Runner
from tests.workflows.approval_stories import STORIES
from tests.workflows.conftest import Runs
from tests.workflows.stories import Stage, Step, Story, take

APPROVES = Story(State.APPROVED)
TALK = (
    ("Hello, I need a lamp", "Who is asking?"),
    ("start over", "What do you need"),
    ("One desk lamp for the reception", "Who is asking?"),
    ("Mia Sand", "What kind of request"),
    ("furniture", "I know these kinds"),
    ("  PURCHASE ", "How much does it cost?"),
    ("about 80", "How much does it cost?"),
    ("1,200", "How much does it cost?"),
    ("80 euros", "How much does it cost?"),
    ("80.50 usd", "is **approved**"),
    ("And a chair", "Who is asking?"),
)


def closing(run: Run) -> Mapping[str, Any]:
    """What the closing words were made of."""
    return next(node.inputs for node in run.trace if node.node_id == "closing")


def talk(stage: Stage, story: Story = APPROVES) -> tuple[list[Run], Conversation]:
    """The conversation above, message by message."""
    runner = Runner(caller=stage.tools, declarations=stage.declarations)
    workflow = stage.workflow.with_environment(POLICY=story.policy)
    conversation = Conversation()
    return [runner.say(workflow, conversation, said) for said, _ in TALK], conversation


def test_it_asks_for_what_is_missing_and_again_for_what_it_cannot_read(chat_stage: Stage) -> None:
    runs, conversation = talk(chat_stage)

    for run, (said, answer) in zip(runs, TALK, strict=True):
        assert answer in run.outputs["answer"], said
    assert conversation.messages == len(TALK)
    assert conversation.variables["asking"] == "requester"


def test_the_request_is_what_was_typed_and_nothing_else(chat_stage: Stage) -> None:
    runs, _ = talk(chat_stage)

    [asked] = [node.inputs for node in runs[9].trace if node.node_id == "analyze"]

    assert asked["content"] == "One desk lamp for the reception"
    assert (asked["amount"], asked["currency"]) == ("80.50", "USD")
    assert (asked["requester"], asked["request_type"]) == ("Mia Sand", "purchase")
    assert [node.node_id for run in runs[:9] for node in run.trace if node.type == "tool"] == []


@pytest.mark.parametrize("name", STORIES)
def test_a_request_ends_as_its_story_tells(name: str, chat_runs: Runs) -> None:
    run, story = chat_runs[name].result(), STORIES[name]

    assert run.status.succeeded, run.errors
    assert closing(run)["state"] == story.ends
    assert story.last_error in (closing(run)["error"] or "")
    assert f"**{story.ends.replace('_', ' ')}**" in run.outputs["answer"]


def test_every_edge_of_the_chatflow_is_taken(chat_runs: Runs, chat_stage: Stage) -> None:
    asked, _ = talk(chat_stage)
    runs = [*asked, *(run.result() for run in chat_runs.values())]
    taken = {edge for run in runs for edge in run.edges_taken}

    assert [str(edge) for edge in chat_stage.workflow.edges if edge.edge_id not in taken] == []


def test_the_approver_reads_the_amount_as_it_was_typed(chat_stage: Stage) -> None:
    run = chat_stage.start(Story(State.APPROVED, stages=[Level.MANAGER], form={"amount": "1200.50"}))

    [form] = run.pending_forms
    assert "asks for **1,200.50 USD** (expense)" in form.content


def test_who_asks_is_told_at_once_that_the_request_is_on_record_and_later_what_became_of_it(
    chat_stage: Stage,
) -> None:
    run = chat_stage.start(Story(State.REJECTED, stages=[Level.MANAGER]))
    take(run, Step(Level.MANAGER, "reject", "Ann", "Not now."))

    first, _, last = run.outputs["answer"].partition("\n")
    assert first.startswith(f"Request {run.run_id} is on record.")
    assert "is **rejected**" in last
