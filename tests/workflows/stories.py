# SPDX-License-Identifier: Apache-2.0
"""What a story of a workflow is made of: who asks, under which policy, who says what, and what breaks."""

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from approvals.domain.terms import Level, State
from devkit.declarations import Declarations
from devkit.engine import (
    AlwaysUp,
    Daemon,
    FilterOnResume,
    Run,
    Runner,
    ToolCaller,
    ToolFailure,
    ToolResult,
    Workflow,
    read_declarations,
)
from tests.workflows.ways_in import by_form

ROOT = Path(__file__).parents[2]
PROVIDER = "approvalkit/approvals/approvals"
OUTAGE = ToolFailure("the store does not answer", "InvokeServerUnavailableError")

type Call = tuple[str, Mapping[str, Any]]
type Breaks = Callable[[str, Mapping[str, Any]], bool]


def nothing(tool: str, parameters: Mapping[str, Any]) -> bool:
    """No call breaks."""
    return False


@dataclass(frozen=True, slots=True)
class Step:
    """What happens at the form of one level: a button is pressed, or nobody answers (`action` is empty)."""

    level: Level
    action: str = ""
    approver: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    """One run from form to outcome. `breaks` tells which tool calls meet an outage."""

    ends: State | str
    steps: Sequence[Step] = ()
    stages: Sequence[Level] = ()
    on_timeout: str = "escalate"
    form: Mapping[str, Any] = field(default_factory=dict)
    breaks: Breaks = nothing
    error: str = ""
    approvers: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def policy(self) -> str:
        """A policy that asks these levels, or approves by itself when there are none."""
        outcome = {"stages": [*self.stages], "deadline_hours": 24} if self.stages else {"auto_approve": True}
        rule = {"name": "story", "when": {"risk": ["low", "medium", "high"]}, "then": outcome}
        head = {"version": 1, "currency": "USD", "on_timeout": self.on_timeout, "people": self.people}
        checks = {"duplicates": "off"}  # all stories ask for the same lamp
        return json.dumps({**head, "checks": checks, "rules": [rule]})

    @property
    def people(self) -> list[dict[str, Any]]:
        """Whoever reads the mail at an address signs for every level that has it; they are called as it is."""
        addresses = dict.fromkeys(self.approvers.values())
        return [
            {
                "name": address,
                "email": address,
                "levels": [level for level, one in self.approvers.items() if one == address],
            }
            for address in addresses
        ]


@dataclass(slots=True)
class Faults:
    """A caller in front of another one, that lets some calls fail and remembers all of them."""

    inner: ToolCaller
    breaks: Breaks = nothing
    calls: list[Call] = field(default_factory=list)

    def call(self, provider_id: str, tool_name: str, parameters: dict[str, Any], app_id: str) -> ToolResult:
        self.calls.append((tool_name, parameters))
        if self.breaks(tool_name, parameters):
            raise OUTAGE
        return self.inner.call(provider_id, tool_name, parameters, app_id)


@dataclass(frozen=True)
class Stage:
    """A workflow, the tools that answer it, and the way in."""

    tools: ToolCaller
    workflow: Workflow
    begin: Callable[[Runner, Workflow, Mapping[str, Any]], Run] = by_form
    on_resume: FilterOnResume = FilterOnResume.STORED
    daemon: Daemon = field(default_factory=AlwaysUp)

    @cached_property
    def declarations(self) -> Declarations:
        return read_declarations(ROOT)

    def runner(self, caller: ToolCaller) -> Runner:
        """Starts runs of the workflow."""
        return Runner(caller, self.declarations, on_resume=self.on_resume, daemon=self.daemon)

    def start(self, story: Story, tools: ToolCaller | None = None, **environment: str) -> Run:
        """The run up to its first form, or to the end."""
        runner = self.runner(tools or Faults(self.tools, story.breaks))
        settings = {"POLICY": story.policy, **story.environment, **environment}
        workflow = self.workflow.with_environment(**settings)
        return self.begin(runner, workflow, {**FORM, **story.form})


@dataclass(frozen=True)
class RecordStage(Stage):
    """A workflow that takes a request up from its record, where the run before it only had it analysed."""

    def start(self, story: Story, tools: ToolCaller | None = None, **environment: str) -> Run:
        """The run up to its first form, or to the end."""
        given = {name: value for name, value in {**FORM, **story.form}.items() if value is not None}
        request_id = f"broken-{uuid.uuid4()}"
        order = {**given, "request_id": request_id, "policy": story.policy}
        analysed = self.tools.call(PROVIDER, "analyze_approval", order, "app").variables
        assert analysed["status"] == "ok", analysed
        runner = self.runner(tools or Faults(self.tools, story.breaks))
        return runner.start(self.workflow.with_environment(**environment), {"request_id": request_id})


FORM = {
    "requester": "Mia Sand",
    "request_type": "expense",
    "content": "One desk lamp from Lumen Ltd for the reception.",
    "amount": 100,
    "currency": "USD",
}


def play(stage: Stage, story: Story) -> Run:
    """The whole story."""
    run = stage.start(story)
    for step in story.steps:
        take(run, step)
    return run


def take(run: Run, step: Step) -> None:
    """One step at the one form that waits."""
    [form] = run.pending_forms
    assert form.node_id == f"ask_{step.level}"
    if step.action:
        said = {"approver": step.approver, "comment": step.comment}
        run.submit(form.node_id, step.action, {name: said[name] for name in form.inputs})
    else:
        run.advance_to(form.deadline)


def event(name: str, level: str = "") -> Breaks:
    """Breaks this event of `route_approval`, at one level only if it is named."""
    return lambda tool, parameters: (
        tool == "route_approval"
        and parameters["event"] == name
        and f"-{level}" in parameters["idempotency_key"]
    )
