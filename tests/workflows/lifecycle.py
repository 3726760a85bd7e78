# SPDX-License-Identifier: Apache-2.0
"""What the lifecycle's table lets a workflow do, and what its runs did.

`withdraw` is the requester's own step, and no form has a button for it; `resubmit` is a step of approval_resume.yml.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from approvals.domain.lifecycle import TABLE
from approvals.domain.terms import Event, State
from devkit.engine import Run, Workflow
from tests.workflows.conftest import Runs
from tests.workflows.test_files import WORKFLOWS

NOT_OFFERED = {Event.WITHDRAW, Event.RESUBMIT}

type Transition = tuple[State, Event, State]

EXPECTED: frozenset[Transition] = frozenset(
    (state, event, target)
    for state, events in TABLE.items()
    for event, targets in events.items()
    for target in targets
    if event not in NOT_OFFERED and state is not State.RETURNED
)


def routing(workflow: Workflow) -> Mapping[str, Mapping[str, Any]]:
    """The nodes that carry out events."""
    return {key: data for key, data in workflow.nodes.items() if data.get("tool_name") == "route_approval"}


def transitions(run: Run) -> Iterator[Transition]:
    """What really happened to the request, as the plugin answered."""
    for node in run.trace:
        said = node.outputs
        if node.node_id in routing(WORKFLOWS["approval_v2.yml"]) and said.get("status") == "ok":
            event, state = Event(node.inputs["event"]), State(said["state"])
            if event in {Event.APPROVE, Event.REJECT} and state is State.ESCALATED:
                event = Event.ESCALATE  # what was refused went one level up
            yield State(said["previous_state"]), event, state


def transitions_of(runs: Runs) -> frozenset[Transition]:
    """What happened in all of them."""
    return frozenset(one for run in runs.values() for one in transitions(run.result()))
