# SPDX-License-Identifier: Apache-2.0
"""What Dify stores when a run pauses. The run goes on from this text alone, in another process."""

from typing import Self

from graphon.runtime.runtime_state import RuntimeState
from pydantic import BaseModel, ConfigDict

from devkit.engine.stream import MeasuredFilter


class PauseState(BaseModel):
    """Both states as Dify serializes them: the run's, and the stream filter's where that is stored too."""

    model_config = ConfigDict(frozen=True)

    runtime_state: str
    stream_filter: str | None = None

    @classmethod
    def of(cls, state: RuntimeState, stream_filter: MeasuredFilter | None) -> Self:
        """Take the states at a pause; without `stream_filter` the next one starts anew."""
        return cls(
            runtime_state=state.dumps(), stream_filter=stream_filter.dumps() if stream_filter else None
        )

    def restored(self) -> tuple[RuntimeState, MeasuredFilter]:
        """Both states anew."""
        stream_filter = MeasuredFilter()
        if self.stream_filter is not None:
            stream_filter.loads(self.stream_filter)
        return RuntimeState.from_snapshot(self.runtime_state), stream_filter
