# SPDX-License-Identifier: Apache-2.0
"""Runs a workflow from its start to its end, over every pause in between.

What Dify attaches to a run is attached here: the limits of steps and time, and the stream filter that decides what
a user sees. At a pause the run's state becomes text, and a new engine goes on from that text.
"""

import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from graphon.engine import Engine
from graphon.engine.filter import EngineEventFilterContext, filter_engine_events
from graphon.engine.layer import ExecutionLimitsLayer
from graphon.engine_events import (
    GraphRunAbortedEvent,
    GraphRunFailedEvent,
    GraphRunPartialSucceededEvent,
    GraphRunPausedEvent,
    GraphRunSucceededEvent,
    NodeRunStreamChunkEvent,
    NodeRunVariableUpdatedEvent,
)
from graphon.engine_events.base import EngineEvent
from graphon.graph.graph import Graph
from graphon.runtime.init_params import InitParams
from graphon.runtime.runtime_state import RuntimeState

from approvals.clock import Clock, SystemClock
from devkit.declarations import Declarations
from devkit.engine.conversation import Conversation
from devkit.engine.daemon import AlwaysUp, Daemon
from devkit.engine.forms import Form, RunForms
from devkit.engine.nodes import NodeBuilder
from devkit.engine.pause import PauseState
from devkit.engine.start import start_values
from devkit.engine.stream import FilterOnResume, MeasuredFilter, Reader
from devkit.engine.tools import ToolCaller, ToolRuntime
from devkit.engine.trace import NodeRun, Recorder
from devkit.engine.variables import starting_pool
from devkit.engine.workflow import Workflow

# Dify's defaults; both start afresh after a pause.
MAX_STEPS = 500
MAX_SECONDS = 1200


class RunStatus(StrEnum):
    """Where a run stands, in Dify's words. Partial success means that a retry or a fail-branch was needed."""

    PAUSED = "paused"
    SUCCEEDED = "succeeded"
    PARTIAL = "partial-succeeded"
    FAILED = "failed"
    STOPPED = "stopped"

    @property
    def succeeded(self) -> bool:
        """True when the run reached its end."""
        return self in {RunStatus.SUCCEEDED, RunStatus.PARTIAL}


_STATUSES: Mapping[type[EngineEvent], RunStatus] = {
    GraphRunPausedEvent: RunStatus.PAUSED,
    GraphRunSucceededEvent: RunStatus.SUCCEEDED,
    GraphRunPartialSucceededEvent: RunStatus.PARTIAL,
    GraphRunAbortedEvent: RunStatus.STOPPED,
    GraphRunFailedEvent: RunStatus.FAILED,
}


@dataclass(frozen=True, slots=True)
class Runner:
    """Starts runs. Thread-safe when its caller is.

    `on_resume` chooses the Dify version whose way of resuming is played.
    """

    caller: ToolCaller
    declarations: Declarations
    clock: Clock = field(default_factory=SystemClock)
    on_resume: FilterOnResume = FilterOnResume.STORED
    daemon: Daemon = field(default_factory=AlwaysUp)
    app_id: str = "00000000-0000-4000-8000-000000000001"
    user_id: str = "00000000-0000-4000-8000-000000000002"
    workers: int = 5

    def start(
        self,
        workflow: Workflow,
        inputs: Mapping[str, Any] | None = None,
        *,
        root: str | None = None,
        run_id: str | None = None,
    ) -> "Run":
        """Run from a root node to the first pause or to the end.

        `inputs` are the start form's fields or the trigger's payload. Raises StartFormError for those that
        Dify refuses, ValueError for a graph that cannot be built.
        """
        root_id = workflow.root(root)
        given = start_values(workflow.nodes[root_id], inputs or {})
        run = Run(self, workflow, root_id, run_id or str(uuid.uuid4()))
        run.begin(given)
        return run

    def say(self, workflow: Workflow, conversation: Conversation, query: str) -> "Run":
        """One message to a chatflow, to the first pause or to the end. What it remembers goes into `conversation`."""
        root_id = workflow.root()
        given = start_values(workflow.nodes[root_id], {})
        run = Run(self, workflow, root_id, str(uuid.uuid4()), conversation)
        run.begin(given, conversation.next_message(query))
        return run


class Run:
    """One run of one workflow."""

    def __init__(
        self,
        runner: Runner,
        workflow: Workflow,
        root_id: str,
        run_id: str,
        conversation: Conversation | None = None,
    ) -> None:
        self.run_id = run_id
        self._conversation = conversation
        self.status = RunStatus.PAUSED
        self._runner = runner
        self._workflow = workflow
        self._root_id = root_id
        self._time = runner.clock.now()
        self._forms = RunForms(now=lambda: self.now)
        self._recorder = Recorder({key: str(data.get("title", "")) for key, data in workflow.nodes.items()})
        self._pause: PauseState | None = None
        self._streamed: list[str] = []
        self._filter_seconds: list[float] = []

    def __repr__(self) -> str:
        waiting = ", ".join(form.node_id for form in self.pending_forms)
        return f"Run({self._workflow.name!r}, {self.status}{f', waits at {waiting}' if waiting else ''})"

    @property
    def now(self) -> datetime:
        """The run's time: the clock's, or the moment that `advance_to` reached if that is later."""
        return max(self._runner.clock.now(), self._time)

    @property
    def outputs(self) -> Mapping[str, Any]:
        """What the Output node shows; empty before the end."""
        return self._recorder.outputs

    @property
    def streamed(self) -> str:
        """The text that the user has seen so far. In a chat it is the message, whatever the outputs say."""
        return "".join(self._streamed)

    @property
    def pause_state(self) -> str:
        """The text that Dify stores for the pause, and from which the run goes on; empty unless it is paused."""
        return self._pause.model_dump_json() if self._pause else ""

    @property
    def filter_seconds(self) -> tuple[float, ...]:
        """CPU seconds spent in the stream filter, from the start to the first pause and after each resume."""
        return tuple(self._filter_seconds)

    @property
    def trace(self) -> tuple[NodeRun, ...]:
        """The nodes that ran, in order; a repeated node stands there once for each attempt."""
        return tuple(self._recorder.nodes)

    @property
    def path(self) -> tuple[str, ...]:
        """The ids of the nodes that ran."""
        return tuple(node.node_id for node in self._recorder.nodes)

    @property
    def edges_taken(self) -> frozenset[str]:
        """The ids of the edges that the run took."""
        return frozenset(self._recorder.edges)

    @property
    def errors(self) -> tuple[str, ...]:
        """What went wrong on the way, whether or not the run went on."""
        return tuple(self._recorder.errors)

    @property
    def pending_forms(self) -> tuple[Form, ...]:
        """The forms that wait for a person."""
        return self._forms.pending

    def begin(self, start: Mapping[str, Any], message: Mapping[str, Any] = MappingProxyType({})) -> None:
        """Run to the first pause or to the end, with the root node's variables. `Runner` calls it."""
        system = {
            **message,
            "app_id": self._runner.app_id,
            "user_id": self._runner.user_id,
            "workflow_id": self._workflow.name,
            "workflow_run_id": self.run_id,
            "timestamp": int(self.now.timestamp()),
        }
        remembered = self._conversation.remembered(self._workflow) if self._conversation else {}
        pool = starting_pool(self._workflow, system, self._root_id, start, remembered)
        state = RuntimeState(variable_pool=pool, start_at=time.time(), workflow_id=self.run_id)
        self._proceed(state, MeasuredFilter())

    def submit(self, node_id: str, action: str, inputs: Mapping[str, Any]) -> None:
        """Answer the form that waits at a node, and go on. Raises FormError."""
        self._forms.answer(self._forms.pending_at(node_id), action, inputs)
        self._resume()

    def advance_to(self, moment: datetime) -> None:
        """Let time pass: every form whose deadline comes by then takes its timeout branch, in order."""
        while due := min(self._due(moment), key=lambda form: form.deadline, default=None):
            self._time = due.deadline
            self._forms.expire(due)
            self._resume()
        self._time = moment

    def _due(self, moment: datetime) -> Iterable[Form]:
        return (form for form in self.pending_forms if form.deadline <= moment)

    def _resume(self) -> None:
        self._proceed(*PauseState.model_validate_json(self.pause_state).restored())

    def _proceed(self, state: RuntimeState, stream_filter: MeasuredFilter) -> None:
        ending: type[EngineEvent] | None = None
        reader = Reader()
        engine = self._engine(state, reader)
        context = EngineEventFilterContext.from_engine(engine)
        recorded = self._recorded(engine.run(), reader)
        try:
            # The filter keeps the edges to itself, so the recorder stands before it.
            for event in filter_engine_events(recorded, context=context, filters=[stream_filter]):
                if isinstance(event, NodeRunStreamChunkEvent):
                    self._streamed.append(event.chunk)
                ending = type(event) if type(event) in _STATUSES else ending
        except Exception:
            # A failed run raises once more what its last event already said.
            if ending is not GraphRunFailedEvent:
                raise
        self.status = _STATUSES[ending] if ending else RunStatus.FAILED
        if self.status is RunStatus.PAUSED:
            stored = self._runner.on_resume is FilterOnResume.STORED
            self._pause = PauseState.of(state, stream_filter if stored else None)
        else:
            self._pause = None
        self._filter_seconds.append(stream_filter.cpu_seconds)

    def _recorded(self, events: Iterable[EngineEvent], reader: Reader) -> Iterator[EngineEvent]:
        for event in events:
            self._recorder.record(event)
            if self._conversation and isinstance(event, NodeRunVariableUpdatedEvent):
                self._conversation.keep(event.variable)
            yield event
            reader.has_read(event)

    def _engine(self, state: RuntimeState, reader: Reader) -> Engine:
        runner = self._runner
        params = InitParams(
            workflow_id=self.run_id, graph_config=self._workflow.graph, run_context={}, call_depth=0
        )
        builder = NodeBuilder(
            init_params=params,
            runtime_state=state,
            tools=ToolRuntime(runner.caller, runner.declarations, runner.app_id, reader, runner.daemon),
            forms=self._forms,
        )
        graph = Graph.init(
            graph_config=self._workflow.graph, node_factory=builder, root_node_id=self._root_id
        )
        engine = Engine(graph=graph, runtime_state=state, workers=runner.workers)
        engine.add_layer(ExecutionLimitsLayer(max_steps=MAX_STEPS, max_time=MAX_SECONDS))
        return engine
