# SPDX-License-Identifier: Apache-2.0
"""The loop of a peer under gevent, patched exactly as the Dify SDK patches a plugin. Import it before all else."""

from gevent import monkey

monkey.patch_all(sys=True)

import itertools  # noqa: E402 - after the patch
import json  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402

import gevent  # noqa: E402

from bench.peers.tally import Payload, Setup, Tally, say  # noqa: E402

Call = Callable[[Payload], str]
"""Sends one body and gives the model's text; raises when there is none."""


def serve(connect: Callable[[Setup, int], Call], versions: str) -> None:
    """Obey orders until stdin ends. `connect` is called once for each number of calls in flight."""
    setup = Setup(**json.loads(sys.stdin.readline()))
    calls: dict[int, Call] = {}
    say({"versions": versions})
    while line := sys.stdin.readline():
        order = json.loads(line)
        in_flight = order["in_flight"]
        if in_flight not in calls:
            calls[in_flight] = connect(setup, in_flight)
        say(_hold(calls[in_flight], setup, in_flight, order["seconds"]))


def _hold(call: Call, setup: Setup, in_flight: int, seconds: float) -> dict[str, object]:
    tally, payloads = Tally(), itertools.cycle(setup.payloads)
    stopping = False

    def worker() -> None:
        while not stopping:
            began = time.perf_counter()
            try:
                call(next(payloads))
            except Exception as error:  # noqa: BLE001 - whatever goes wrong is a figure
                tally.failed(error)
            else:
                tally.done(began)

    workers = [gevent.spawn(worker) for _ in range(in_flight)]
    while not tally.is_warm(in_flight):
        time.sleep(0.02)
    tally.open_window()
    time.sleep(seconds)
    figures = tally.close_window()
    stopping = True
    gevent.joinall(workers)
    return figures
