# SPDX-License-Identifier: Apache-2.0
"""What the user of a run sees while it goes on: the text that Dify's stream filter lets through.

An Answer's text is streamed once the run has taken every branch that leads to it; the run's outputs do not depend
on that. Where the filter misjudges, the outputs are right and the user sees nothing.
"""

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import override

from graphon.engine.filter import EngineEventFilterContext, ResponseStreamFilter
from graphon.engine_events import NodeRunStartedEvent
from graphon.engine_events.base import EngineEvent


class FilterOnResume(StrEnum):
    """Which stream filter a resumed run gets. Dify changed it after 1.15.0 (langgenius/dify#38540)."""

    NEW = "new"
    """Dify up to 1.15.0: a new one, which knows nothing of the branches taken before the pause."""
    STORED = "stored"
    """Later versions: its state is stored at the pause and restored."""


class MeasuredFilter(ResponseStreamFilter):
    """The filter that Dify attaches to a run, with the CPU seconds that it takes from start or resume to the end."""

    def __init__(self) -> None:
        super().__init__()
        self.cpu_seconds = 0.0

    @override
    def initialize(self, context: EngineEventFilterContext) -> None:
        with self._measured():
            super().initialize(context)

    @override
    def on_event(self, event: EngineEvent) -> Iterable[EngineEvent]:
        with self._measured():
            return list(super().on_event(event))

    @override
    def flush(self) -> Iterable[EngineEvent]:
        with self._measured():
            return list(super().flush())

    @override
    def dumps(self) -> str:
        with self._measured():
            return super().dumps()

    @override
    def loads(self, data: str) -> None:
        with self._measured():
            super().loads(data)

    @contextmanager
    def _measured(self) -> Iterator[None]:
        started = time.thread_time()
        try:
            yield
        finally:
            self.cpu_seconds += time.thread_time() - started


class Reader:
    """Knows which nodes the reader of a run's events has seen start. Thread-safe.

    The engine does not wait for its reader, and the filter looks into the variables as it reads. In Dify a tool's
    call takes longer than reading a few events; a scripted one does not, and what a user sees would be left to chance.
    """

    _PATIENCE = 5.0  # seconds; a run must not hang when its events are not read

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._changed = threading.Condition()

    def has_read(self, event: EngineEvent) -> None:
        """The event has passed the filter."""
        if isinstance(event, NodeRunStartedEvent):
            with self._changed:
                self._seen.add(event.id)
                self._changed.notify_all()

    def wait_for(self, execution_id: str) -> None:
        """Wait until the start of this execution of a node has been read."""
        with self._changed:
            self._changed.wait_for(lambda: execution_id in self._seen, timeout=self._PATIENCE)
