# SPDX-License-Identifier: Apache-2.0
"""One direction of one proxied connection: reads ahead, lets the toxics work, passes on what is left."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from random import Random
from typing import Final

from devkit.faults.toxics import (
    Bandwidth,
    Latency,
    LimitData,
    PlacedToxic,
    ResetPeer,
    Slicer,
    SlowClose,
    Timeout,
    Toxic,
)

_CHUNK_BYTES: Final = 64 * 1024
_CHUNKS_AHEAD: Final = 64
_BANDWIDTH_STEP: Final = 0.05  # seconds between two pieces


class Ending(Enum):
    """What becomes of the whole connection when a flow is over."""

    HALF = auto()
    """Only this direction ends; the other may go on."""
    CLOSE = auto()
    RESET = auto()


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Bytes and when they came. No bytes: the end of the stream. No time: a wake-up call."""

    at: float | None
    data: bytes = b""
    lost: bool = False
    """The stream did not end, it was reset."""


class Flow:
    """Carries bytes from `reader` to `writer`. `toxics` is asked anew for every chunk."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        toxics: Callable[[], Sequence[PlacedToxic]],
        random: Random,
    ) -> None:
        self._reader, self._writer = reader, writer
        self._toxics, self._random = toxics, random
        self._ahead: asyncio.Queue[_Chunk] = asyncio.Queue(_CHUNKS_AHEAD)
        self._passed = 0
        self._passed_before: dict[str, int] = {}
        self._blocked_since: dict[str, float] = {}
        self._now = asyncio.get_running_loop().time

    def toxics_changed(self) -> None:
        """Look at the toxics again now. A flow with a full queue is busy and will do so by itself."""
        if not self._ahead.full():
            self._ahead.put_nowait(_Chunk(None))

    async def run(self) -> Ending:
        """Carry until the stream ends or a toxic ends it. Connection errors are raised."""
        reading = asyncio.create_task(self._read())
        try:
            return await self._carry()
        finally:
            reading.cancel()

    async def _read(self) -> None:
        try:
            while data := await self._reader.read(_CHUNK_BYTES):
                await self._ahead.put(_Chunk(self._now(), data))
        except OSError:
            await self._ahead.put(_Chunk(self._now(), lost=True))
        else:
            await self._ahead.put(_Chunk(self._now()))

    async def _carry(self) -> Ending:
        while True:
            blocker = self._blocker()
            try:
                async with asyncio.timeout_at(self._blocked_until(blocker)):
                    chunk = await self._ahead.get()
            except TimeoutError:
                return Ending.RESET if blocker and isinstance(blocker.toxic, ResetPeer) else Ending.CLOSE
            if chunk.at is None:
                continue
            if chunk.data and (blocker := self._blocker()):
                self._blocked_since.setdefault(blocker.name, self._now())
                continue
            if chunk.lost:
                return Ending.RESET
            await self._late(chunk.at)
            if not chunk.data:
                return await self._end()
            if not await self._pass(chunk.data):
                return Ending.CLOSE

    def _blocker(self) -> PlacedToxic | None:
        blockers = (placed for placed in self._toxics() if isinstance(placed.toxic, Timeout | ResetPeer))
        return next(blockers, None)

    def _blocked_until(self, blocker: PlacedToxic | None) -> float | None:
        if blocker is None or not isinstance(blocker.toxic, Timeout | ResetPeer):
            self._blocked_since.clear()
            return None
        if isinstance(blocker.toxic, Timeout):
            if blocker.toxic.timeout_ms == 0:
                return None
            self._blocked_since.setdefault(blocker.name, self._now())
        since = self._blocked_since.get(blocker.name)  # for a reset: none until there is data
        return None if since is None else since + blocker.toxic.timeout_ms / 1000

    async def _late(self, arrived: float) -> None:
        delay_ms = sum(
            toxic.latency_ms + self._random.uniform(-toxic.jitter_ms, toxic.jitter_ms)
            for toxic in self._of(Latency)
        )
        if (left := arrived + delay_ms / 1000 - self._now()) > 0:
            await asyncio.sleep(left)

    async def _end(self) -> Ending:
        for toxic in self._of(SlowClose):
            await asyncio.sleep(toxic.delay_ms / 1000)
        if self._writer.can_write_eof():
            self._writer.write_eof()
        return Ending.HALF

    async def _pass(self, data: bytes) -> bool:
        """Send what the limits allow. False when a limit is used up."""
        allowed = self._allowed()
        for piece, pause in self._pieces(data if allowed is None else data[:allowed]):
            self._writer.write(piece)
            await self._writer.drain()
            self._passed += len(piece)
            if pause:
                await asyncio.sleep(pause)
        return allowed is None or len(data) < allowed

    def _allowed(self) -> int | None:
        left = [
            placed.toxic.bytes - self._passed + self._passed_before.setdefault(placed.name, self._passed)
            for placed in self._toxics()
            if isinstance(placed.toxic, LimitData)
        ]
        return max(0, min(left)) if left else None

    def _pieces(self, data: bytes) -> Iterator[tuple[bytes, float]]:
        """The data in the pieces in which it is sent, and how many seconds to wait after each."""
        slicer = next(iter(self._of(Slicer)), None)
        rate = min((toxic.rate_kb * 1000 for toxic in self._of(Bandwidth)), default=None)
        start = 0
        while start < len(data):
            size, pause = len(data), 0.0
            if slicer:
                spread = self._random.randint(-slicer.size_variation, slicer.size_variation)
                size, pause = slicer.average_size + spread, slicer.delay_us / 1e6
            if rate is not None:
                size = min(size, int(rate * _BANDWIDTH_STEP))
            piece = data[start : start + max(1, size)]
            start += len(piece)
            yield piece, pause + (len(piece) / rate if rate is not None else 0)

    def _of[T: Toxic](self, kind: type[T]) -> list[T]:
        return [placed.toxic for placed in self._toxics() if isinstance(placed.toxic, kind)]
