# SPDX-License-Identifier: Apache-2.0
"""A TCP proxy on the loopback that spoils connections on demand, between a client and any server."""

import asyncio
import socket
import struct
from collections.abc import Sequence
from contextlib import suppress
from random import Random
from types import TracebackType
from typing import Final, Self

from devkit.faults.event_loop import LoopThread, borrow, give_back
from devkit.faults.flow import Ending, Flow
from devkit.faults.toxics import Direction, PlacedToxic, Toxic

_LOOPBACK: Final = "127.0.0.1"
_CONNECT_SECONDS: Final = 5.0
_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)


class FaultProxy:
    """Passes connections on to `upstream` (host, port), spoiled by the toxics that are in place.

    `with FaultProxy(("127.0.0.1", 6379)) as proxy: connect(proxy.host, proxy.port)`. Toxics come and go at
    any time and act on open connections too. The random source is for jitter and slices.
    """

    def __init__(self, upstream: tuple[str, int], *, random: Random | None = None) -> None:
        self.upstream = upstream
        self.host = _LOOPBACK
        self.port = 0
        self.accepted = 0
        """Connections so far."""
        self._random = random or Random()  # noqa: S311 - for jitter, not for secrets
        self._toxics: tuple[PlacedToxic, ...] = ()
        self._placed = 0
        self._flows: set[Flow] = set()
        self._connections: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._loop: LoopThread | None = None

    def __repr__(self) -> str:
        names = ", ".join(placed.name for placed in self._toxics) or "no toxics"
        return f"<FaultProxy {self.host}:{self.port} to {self.upstream[0]}:{self.upstream[1]}, {names}>"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def toxics(self) -> Sequence[PlacedToxic]:
        """What is in place, in the order of addition."""
        return self._toxics

    def start(self) -> Self:
        """Listen, on a free port the first time and on the same one afterwards."""
        if self._loop is None:
            self._loop = borrow()
            self._loop.run(self._listen())
        return self

    def stop(self) -> None:
        """Close every connection and end the thread."""
        if self._loop is not None:
            self._loop.run(self._hang_up())
            self._loop = None
            give_back()

    def add(self, toxic: Toxic, direction: Direction = Direction.DOWNSTREAM, *, name: str = "") -> str:
        """Put a toxic in place; returns its name, by default such as `latency_1`."""
        self._placed += 1
        name = name or f"{type(toxic).__name__.lower()}_{self._placed}"
        if any(placed.name == name for placed in self._toxics):
            raise ValueError(f"there is already a toxic named {name!r}; remove it first")
        self._change((*self._toxics, PlacedToxic(name, toxic, direction)))
        return name

    def remove(self, name: str) -> None:
        """Take one toxic away. Raises `KeyError` when there is none of that name."""
        left = tuple(placed for placed in self._toxics if placed.name != name)
        if len(left) == len(self._toxics):
            raise KeyError(f"no toxic named {name!r}; there are {[placed.name for placed in self._toxics]}")
        self._change(left)

    def clear(self) -> None:
        """Take every toxic away."""
        self._change(())

    def down(self) -> None:
        """Close every connection and refuse new ones, until `up`."""
        self._running().run(self._hang_up())

    def up(self) -> None:
        """Listen again, on the same port."""
        self._running().run(self._listen())

    def _running(self) -> LoopThread:
        if self._loop is None:
            raise RuntimeError(f"{self!r} is not started")
        return self._loop

    def _change(self, toxics: tuple[PlacedToxic, ...]) -> None:
        async def change() -> None:
            self._toxics = toxics
            for flow in self._flows:
                flow.toxics_changed()

        self._running().run(change())

    async def _listen(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._accept, self.host, self.port, backlog=1024)
            self.port = self._server.sockets[0].getsockname()[1]

    async def _hang_up(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in self._connections:
            connection.cancel()
        if self._connections:
            await asyncio.wait(self._connections)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                beyond_reader, beyond_writer = await asyncio.open_connection(*self.upstream)
        except (OSError, asyncio.CancelledError):
            writer.transport.abort()
        else:
            await self._join((reader, writer), (beyond_reader, beyond_writer))

    async def _join(
        self,
        client: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        server: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        flows = (
            Flow(client[0], server[1], lambda: self._towards(Direction.UPSTREAM), self._random),
            Flow(server[0], client[1], lambda: self._towards(Direction.DOWNSTREAM), self._random),
        )
        writers = (client[1], server[1])
        self._flows.update(flows)
        try:
            reset = await _until_over(flows)
        except asyncio.CancelledError:  # hung up
            for writer in writers:
                writer.transport.abort()
        else:
            for writer in writers:
                _close(writer, reset=reset)
        finally:
            self._flows.difference_update(flows)

    def _towards(self, direction: Direction) -> list[PlacedToxic]:
        return [placed for placed in self._toxics if placed.direction is direction]


async def _until_over(flows: Sequence[Flow]) -> bool:
    """Run both until both have ended, or one ends the connection. True when it is to be reset."""
    running = {asyncio.create_task(flow.run()) for flow in flows}
    try:
        while running:
            done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                error = task.exception()
                if error is not None or task.result() is not Ending.HALF:
                    return error is None and task.result() is Ending.RESET
    finally:
        for task in running:
            task.cancel()
    return False


def _close(writer: asyncio.StreamWriter, *, reset: bool) -> None:
    if not reset:
        writer.close()
        return
    with suppress(OSError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    writer.transport.abort()
