# SPDX-License-Identifier: Apache-2.0
"""What the client tells whoever wants to count or log: plain records, never a key, never a text."""

from typing import NamedTuple, Protocol

from approvals.llm.chat import Spend, TokenUsage
from approvals.llm.failures import FailureKind


class AttemptRecord(NamedTuple):
    """One attempt. `failure` is None when it was answered; `usage` is None when unknown. Times in seconds."""

    model: str
    request_id: str
    failure: FailureKind | None
    seconds: float
    usage: TokenUsage | None


class CallRecord(NamedTuple):
    """One whole call, with all its attempts and waits."""

    model: str
    request_id: str
    failure: FailureKind | None
    seconds: float
    spend: Spend


class CallObserver(Protocol):
    """Is told what happens, in the caller's own greenlet. Must not raise and must not block."""

    def call_started(self, model: str, request_id: str) -> None:
        """A call was let in."""
        ...

    def waited(self, model: str, request_id: str, seconds: float) -> None:
        """An attempt waited so long for the limiter and for a lane together."""
        ...

    def attempt_finished(self, record: AttemptRecord) -> None:
        """An attempt came to its end."""
        ...

    def call_finished(self, record: CallRecord) -> None:
        """A call came to its end. Told once for each `call_started`."""
        ...


class NobodyWatches:
    """The observer where there is none."""

    def call_started(self, model: str, request_id: str) -> None: ...

    def waited(self, model: str, request_id: str, seconds: float) -> None: ...

    def attempt_finished(self, record: AttemptRecord) -> None: ...

    def call_finished(self, record: CallRecord) -> None: ...
