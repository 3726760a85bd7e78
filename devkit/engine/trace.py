# SPDX-License-Identifier: Apache-2.0
"""What happened in a run, read off the engine's events: nodes, edges, errors, outputs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from graphon.engine_events import (
    GraphEdgeTakenEvent,
    GraphRunAbortedEvent,
    GraphRunFailedEvent,
    GraphRunPartialSucceededEvent,
    GraphRunPausedEvent,
    GraphRunSucceededEvent,
    NodeRunExceptionEvent,
    NodeRunFailedEvent,
    NodeRunRetryEvent,
    NodeRunSucceededEvent,
)
from graphon.engine_events.base import EngineEvent
from graphon.variables.segments import Segment


@dataclass(frozen=True, slots=True)
class NodeRun:
    """One execution of one node. `status` is succeeded, retry, exception (went to fail-branch) or failed."""

    node_id: str
    title: str
    type: str
    status: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    error: str
    seconds: float


@dataclass(slots=True)
class Recorder:
    """Collects the events of a run, over all its pauses."""

    titles: Mapping[str, str]
    nodes: list[NodeRun] = field(default_factory=list)
    edges: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)

    def record(self, event: EngineEvent) -> None:
        """Take one event in."""
        match event:
            case GraphEdgeTakenEvent():
                self.edges.append(event.edge_id)
            case NodeRunSucceededEvent():
                self._node(event, "succeeded", "")
            case NodeRunRetryEvent():
                self._node(event, "retry", event.error)
            case NodeRunExceptionEvent():
                self._node(event, "exception", event.error)
            case NodeRunFailedEvent():
                self._node(event, "failed", event.error)
            case GraphRunFailedEvent():
                self.errors.append(event.error)
            case GraphRunAbortedEvent():
                self.errors.append(event.reason or "stopped")
            case GraphRunSucceededEvent() | GraphRunPartialSucceededEvent() | GraphRunPausedEvent():
                self.outputs = dict(event.outputs)
            case _:
                pass

    def _node(
        self,
        event: NodeRunSucceededEvent | NodeRunRetryEvent | NodeRunExceptionEvent | NodeRunFailedEvent,
        status: str,
        error: str,
    ) -> None:
        finished = getattr(event, "finished_at", None)
        self.nodes.append(
            NodeRun(
                node_id=event.node_id,
                title=self.titles.get(event.node_id, ""),
                type=event.node_type,
                status=status,
                inputs=_plain(event.node_run_result.inputs),
                outputs=_plain(event.node_run_result.outputs),
                error=error,
                seconds=_seconds(event.start_at, finished),
            )
        )
        if error:
            self.errors.append(f"{event.node_id}: {error}")


def _seconds(started: datetime, finished: datetime | None) -> float:
    return (finished - started).total_seconds() if finished else 0.0


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    # The engine lists the environment among the start node's outputs, secrets and all.
    return {name: _plain_value(value) for name, value in values.items() if not name.startswith("env.")}


def _plain_value(value: Any) -> Any:
    if isinstance(value, Segment):
        return value.to_object()
    return _plain(value) if isinstance(value, Mapping) else value
