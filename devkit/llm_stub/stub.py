# SPDX-License-Identifier: Apache-2.0
"""The LLM stub inside this process."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Final, Self

from approvals.clock import Clock, SystemClock
from devkit.faults.event_loop import LoopThread, borrow, give_back
from devkit.llm_stub.connection import Connection
from devkit.llm_stub.endpoint import Endpoint, StubSettings
from devkit.llm_stub.received import RequestLog
from devkit.llm_stub.script import Outcome, Rule, ScriptDocument, rules_of
from devkit.llm_stub.tls import Tls, TlsLayer

LOOPBACK: Final = "127.0.0.1"


class Scriptable(ABC):
    """How a stub is told what to do wrong, wherever it runs."""

    @abstractmethod
    def apply(self, document: ScriptDocument) -> None:
        """Do what a script says; it holds for the next request."""

    def script(self, *steps: Outcome | Rule, **fields: Any) -> None:
        """Play these steps, in order, each once unless it says otherwise.

        `fields` are those of `Rule`, for bare outcomes: `stub.script(Outcome.STATUS_429, retry_after=2)`.
        Raises `pydantic.ValidationError`.
        """
        self.apply(ScriptDocument(rules=tuple(rules_of(steps, fields))))

    def always(self, outcome: Outcome, **fields: Any) -> None:
        """From now on this, when no step of a script is left that fits. Raises `pydantic.ValidationError`."""
        self.script(Rule(outcome=outcome, times=None, **fields))

    def clear(self) -> None:
        """Drop every rule and count requests from 1 again. The log stays."""
        self.apply(ScriptDocument(clear=True))


class LlmStub(Scriptable):
    """An OpenAI-compatible endpoint on the loopback, in a thread of this process.

    `with LlmStub(latency_ms=38, api_key="…", models=["m"]) as stub: use(stub.base_url)`, and then look into
    `stub.requests`. After `stop` it can be started again, on the same port.
    """

    def __init__(
        self,
        *,
        latency_ms: float = 0.0,
        api_key: str = "",
        models: Sequence[str] = (),
        port: int = 0,
        tls: Tls | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.port = port
        self.requests = RequestLog()
        self._tls = tls
        self._clock = clock or SystemClock()
        settings = StubSettings(latency_ms, api_key, tuple(models))
        self._endpoint = Endpoint(settings, self.requests, self._clock)
        self._connections: set[Connection] = set()
        self._server: asyncio.Server | None = None
        self._loop: LoopThread | None = None

    def __repr__(self) -> str:
        return f"<LlmStub {self.base_url}, {self._endpoint!r}, {self.requests!r}>"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def base_url(self) -> str:
        """What a client is given as `base_url`."""
        return f"{'https' if self._tls else 'http'}://{LOOPBACK}:{self.port}/v1"

    @property
    def rules_left(self) -> int:
        """How many requests the steps of the script still wait for."""
        return self._endpoint.script.left

    def apply(self, document: ScriptDocument) -> None:
        self._endpoint.apply(document)

    def start(self) -> Self:
        """Listen. Raises `OSError` when the port is taken."""
        if self._loop is None:
            self._loop = borrow()
            try:
                self._loop.run(self._listen())
            except BaseException:
                self._return_loop()
                raise
        return self

    def stop(self) -> None:
        """Drop every connection and stop listening. A second call does nothing."""
        if self._loop is not None:
            self._loop.run(self._hang_up())
            self._return_loop()

    def _return_loop(self) -> None:
        self._loop = None
        give_back()

    async def _listen(self) -> None:
        context = self._tls.context() if self._tls else None

        def accepted() -> asyncio.BaseProtocol:
            connection = Connection(self._endpoint, self.requests, self._clock, self._connections)
            return TlsLayer(connection, context) if context else connection

        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(accepted, LOOPBACK, self.port, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _hang_up(self) -> None:
        if self._server is not None:
            self._server.close()
        for connection in tuple(self._connections):
            connection.abort()
        await asyncio.sleep(0)
