# SPDX-License-Identifier: Apache-2.0
"""What a workflow's graph offers is the lifecycle's table; what its runs take is tested where they are played."""

from collections.abc import Iterator

import pytest

from approvals.domain.lifecycle import TABLE
from approvals.domain.terms import Event, Level, State
from devkit.engine import Workflow
from tests.workflows.lifecycle import EXPECTED, NOT_OFFERED, routing
from tests.workflows.test_files import WORKFLOWS

DECIDING = [
    "approval.yml",
    "approval_v2.yml",
    "approval_webhook.yml",
    "approval_chat.yml",
    "approval_resume.yml",
]
OFFERED_EVENTS = [event for event in Event if event not in NOT_OFFERED]
IN_REVIEW = [state for state in State if state.in_review]


def events_of(workflow: Workflow, node: str) -> set[Event]:
    """What a node may send: its one event, or the buttons of the form whose edges lead to it."""
    event = workflow.nodes[node]["tool_parameters"]["event"]
    if event["type"] != "variable":
        return {Event(event["value"])}
    form, variable = event["value"]
    assert variable == "__action_id"
    return {Event(edge.handle) for edge in workflow.edges if (edge.source, edge.target) == (form, node)}


def upstream(workflow: Workflow, node: str) -> set[str]:
    """Every node from which this one can be reached."""
    found: set[str] = set()
    waiting = [node]
    while waiting:
        here = waiting.pop()
        new = {edge.source for edge in workflow.edges if edge.target == here} - found
        found |= new
        waiting += new
    return found


def states_before(workflow: Workflow, node: str) -> list[State]:
    """A request is pending until the first routing node, and in review at every other one."""
    before = upstream(workflow, node) & routing(workflow).keys() - {"resubmit"}
    return IN_REVIEW if before else [State.PENDING]


def offered(workflow: Workflow) -> Iterator[tuple[State, Event]]:
    for node in routing(workflow):
        for event in events_of(workflow, node) - NOT_OFFERED:  # the chat offers `withdraw` to who asks
            yield from ((state, event) for state in states_before(workflow, node))


@pytest.mark.parametrize("name", DECIDING)
def test_the_graph_offers_what_the_table_allows_and_nothing_else(name: str) -> None:
    allowed = {(state, event) for state, event, _ in EXPECTED}
    assert set(offered(WORKFLOWS[name])) == allowed


@pytest.mark.parametrize("name", DECIDING)
@pytest.mark.parametrize("level", Level)
def test_every_level_has_every_way_out_that_the_table_gives_it(name: str, level: Level) -> None:
    workflow = WORKFLOWS[name]
    form = f"ask_{level}"
    ways = {
        event
        for edge in workflow.edges
        if edge.source == form
        for event in (
            events_of(workflow, edge.target) if edge.handle == "__timeout" else {Event(edge.handle)}
        )
    }

    expected = {event for event in OFFERED_EVENTS if event in TABLE[State.UNDER_REVIEW]}
    if level.above is None:
        expected -= {Event.ESCALATE}  # nobody stands above: the plugin would refuse it with no_higher_level
    assert ways == expected


@pytest.mark.parametrize("name", DECIDING)
def test_after_the_policy_the_graph_tells_every_state_apart_that_it_can_lead_to(name: str) -> None:
    workflow = WORKFLOWS[name]
    targets = {edge.handle: edge.target for edge in workflow.edges if edge.source == "gate_manager"}

    assert TABLE[State.PENDING][Event.SUBMIT] == {State.APPROVED, State.UNDER_REVIEW}
    assert targets["false"] == "not_asked"
    assert targets["ask"] == "ask_manager"
    assert targets["past"] == "step_director"
