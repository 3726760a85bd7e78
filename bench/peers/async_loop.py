# SPDX-License-Identifier: Apache-2.0
"""The loop of a peer on asyncio: read an order from stdin, hold so many calls in flight, print the figures."""

import asyncio
import itertools
import json
import sys
import time
from collections.abc import Awaitable, Callable

from bench.peers.tally import Payload, Setup, Tally, say

Call = Callable[[Payload], Awaitable[str]]
"""Sends one body and gives the model's text; raises when there is none."""


def serve(connect: Callable[[Setup], Call], versions: str) -> None:
    """Obey orders until stdin ends. `connect` is called once."""
    asyncio.run(_serve(connect, versions))


async def _serve(connect: Callable[[Setup], Call], versions: str) -> None:
    setup = Setup(**json.loads(sys.stdin.readline()))
    call = connect(setup)
    say({"versions": versions})
    while line := await asyncio.to_thread(sys.stdin.readline):
        order = json.loads(line)
        say(await _hold(call, setup, order["in_flight"], order["seconds"]))


async def _hold(call: Call, setup: Setup, in_flight: int, seconds: float) -> dict[str, object]:
    tally, payloads, stopping = Tally(), itertools.cycle(setup.payloads), asyncio.Event()

    async def worker() -> None:
        while not stopping.is_set():
            began = time.perf_counter()
            try:
                await call(next(payloads))
            except Exception as error:  # noqa: BLE001 - whatever goes wrong is a figure
                tally.failed(error)
            else:
                tally.done(began)

    workers = [asyncio.create_task(worker()) for _ in range(in_flight)]
    while not tally.is_warm(in_flight):  # noqa: ASYNC110 - the window opens at leisure
        await asyncio.sleep(0.02)
    tally.open_window()
    await asyncio.sleep(seconds)
    figures = tally.close_window()
    stopping.set()
    await asyncio.gather(*workers)
    return figures
