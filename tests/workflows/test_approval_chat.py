# SPDX-License-Identifier: Apache-2.0
"""Requests made in a conversation: every question, and every ending, as the person who asks sees them."""

import json
from dataclasses import replace

import pytest

from approvals.domain.terms import Level, State
from devkit.engine import Conversation, FilterOnResume, Run, Runner
from tests.workflows.approval_stories import STORIES
from tests.workflows.conftest import Runs
from tests.workflows.lifecycle import EXPECTED, transitions_of
from tests.workflows.stories import Faults, Stage, Step, Story, event, take

APPROVES = Story(State.APPROVED)
MANAGER = Story(State.APPROVED, stages=[Level.MANAGER])
REQUEST = ("One desk lamp for the reception", "Mia Sand", "expense", "80.50 usd")
TALK = (
    ("Hello, I need a lamp", "Who is asking?"),
    ("start over", "What do you need"),
    ("One desk lamp for the reception", "Who is asking?"),
    ("Mia Sand", "What kind of request"),
    ("furniture", "I know these kinds"),
    ("A purchase, please", "How much does it cost?"),
    ("about 80", "about 80"),
    ("9.000 EUR", "How much does it cost?"),
    ("80.50 usd", "80.50 USD"),
    ("perhaps", "Please answer"),
    ("No, that is wrong", "How much does it cost?"),
    ("90", "90.00"),
    ("Yes, please", "**approved**"),
    ("What is the status of my request?", "approved"),
    ("And a chair", "Who is asking?"),
)


class Talker:
    """One conversation with the chatflow, under the policy of a story."""

    def __init__(self, stage: Stage, story: Story = APPROVES, policy: str = "") -> None:
        caller = Faults(stage.tools, story.breaks)
        self.tools = caller
        self.runner = Runner(caller=caller, declarations=stage.declarations)
        self.workflow = stage.workflow.with_environment(POLICY=policy or story.policy)
        self.conversation = Conversation()

    def say(self, *messages: str) -> Run:
        """Say these, one after the other; the run of the last one."""
        runs = [self.runner.say(self.workflow, self.conversation, message) for message in messages]
        return runs[-1]


def test_it_asks_for_what_is_missing_and_again_for_what_it_cannot_read(chat_stage: Stage) -> None:
    talker = Talker(chat_stage)

    for message, answer in TALK:
        assert answer in talker.say(message).streamed, message
    assert talker.conversation.variables["asking"] == "requester"


def test_the_request_is_what_was_typed_and_nothing_else(chat_stage: Stage) -> None:
    talker = Talker(chat_stage)
    talker.say(*REQUEST)

    [asked] = [sent for tool, sent in talker.tools.calls if tool == "analyze_approval"]

    assert asked["content"] == "One desk lamp for the reception"
    assert asked["amount"] == "80.50 usd"
    assert (asked["requester"], asked["request_type"]) == ("Mia Sand", "expense")


@pytest.mark.parametrize("amount", ["9.000 EUR", "1,234"])
def test_an_amount_with_two_readings_is_refused_with_both(amount: str, chat_stage: Stage) -> None:
    talker = Talker(chat_stage)

    said = talker.say(*REQUEST[:3], amount).streamed

    for reading in {"9.000 EUR": ("9000", "9.000"), "1,234": ("1234", "1.234")}[amount]:
        assert reading in said, said
    assert talker.conversation.variables["asking"] == "amount"


def test_nothing_is_submitted_before_the_amount_is_confirmed(chat_stage: Stage) -> None:
    talker = Talker(chat_stage)

    said = talker.say(*REQUEST).streamed

    assert "80.50 USD" in said
    assert "Is that right?" in said
    assert [tool for tool, _ in talker.tools.calls if tool == "route_approval"] == []


def test_what_was_read_back_wrong_is_withdrawn(chat_stage: Stage) -> None:
    talker = Talker(chat_stage)
    talker.say(*REQUEST)
    request_id = talker.conversation.variables["request_id"]

    talker.say("no")

    found = chat_stage.tools.call(
        "approvalkit/approvals/approvals", "find_approvals", {"request_id": request_id}, "app"
    )
    assert found.variables["state"] == State.WITHDRAWN


@pytest.mark.parametrize("name", STORIES)
def test_a_request_ends_as_its_story_tells(name: str, chat_runs: Runs) -> None:
    run, story = chat_runs[name].result(), STORIES[name]

    assert run.status.succeeded, run.errors
    assert story.error in run.streamed
    if story.ends != "not_submitted":
        assert f"**{story.ends}**" in run.streamed


def test_every_edge_of_the_chatflow_is_taken(chat_runs: Runs, chat_stage: Stage) -> None:
    talker = Talker(chat_stage)
    runs = [talker.say(message) for message, _ in TALK]
    runs += [run.result() for run in chat_runs.values()]
    for kind, cost in (("expense", "80"), ("other", "none")):
        asking = Talker(chat_stage)
        asking.say(*REQUEST[:2])
        runs += [asking.say(kind), asking.say(cost)]
    taken = {edge for run in runs for edge in run.edges_taken}

    assert [str(edge) for edge in chat_stage.workflow.edges if edge.edge_id not in taken] == []


def test_the_runs_take_every_transition_of_the_table_and_no_other(chat_runs: Runs) -> None:
    assert transitions_of(chat_runs) == EXPECTED


def test_a_submission_that_was_lost_is_sent_again_by_another_yes(chat_stage: Stage) -> None:
    talker = Talker(chat_stage, MANAGER)
    talker.say(*REQUEST)
    talker.tools.breaks = event("submit")

    assert "was not sent: the store does not answer" in talker.say("yes").streamed

    talker.tools.breaks = lambda *_: False
    run = talker.say("yes")
    assert "is on record" in run.streamed
    assert [form.node_id for form in run.pending_forms] == ["ask_manager"]


def test_the_status_is_told_while_a_form_waits(chat_stage: Stage) -> None:
    talker = Talker(chat_stage, MANAGER)
    talker.say(*REQUEST, "yes")

    said = talker.say("status").streamed

    assert talker.conversation.variables["request_id"] in said
    assert "start over" in said


@pytest.mark.parametrize("on_resume", FilterOnResume)
def test_who_asks_reads_at_once_that_it_is_on_record_and_later_what_became_of_it(
    on_resume: FilterOnResume, chat_stage: Stage
) -> None:
    stage = replace(chat_stage, on_resume=on_resume)
    run = stage.start(replace(MANAGER, stages=[Level.MANAGER, Level.DIRECTOR]))

    before = run.streamed
    assert "is on record: " in before
    assert "**" not in before
    take(run, Step(Level.MANAGER, "approve", "Ann"))
    assert run.streamed == before
    take(run, Step(Level.DIRECTOR, "reject", "Noor", "Not now."))

    after = run.streamed.removeprefix(before)
    assert "**rejected**" in after
    assert "rejected by Noor as director" in after
    assert "on record" not in after


def test_lines_of_the_first_message_are_read_back_tested_by_rules_and_compared(chat_stage: Stage) -> None:
    when = {"context": {"department": ["sales"]}, "cost_center": [4711]}
    rule = {"name": "sales", "when": when, "then": {"stages": ["vp"]}}
    rules = json.dumps({"version": 1, "rules": [rule], "default": {"stages": ["manager"]}})
    lines = "Chairs for the fair\nSupplier: Contoso; Invoice: INV-4482\nCost center: 4711\nDepartment: Sales"
    forms = []

    for message in (lines, lines.replace("Sales", "legal")):
        talker = Talker(chat_stage, policy=rules)
        said = talker.say(message, *REQUEST[1:]).streamed
        for stated in (
            "**Vendor**: Contoso",
            "**Document**: INV-4482",
            "**Cost center**: 4711",
            "department: ",
        ):
            assert stated in said
        forms += talker.say("yes").pending_forms

    assert [form.node_id for form in forms] == ["ask_vp", "ask_manager"]
    assert "the same vendor and document number" in forms[1].content
