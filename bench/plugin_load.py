# SPDX-License-Identifier: Apache-2.0
"""Holds so many tool calls in flight at a plugin behind stdio, as Dify's daemon would, and times them."""

import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.peers.tally import LEAST_WARM_UP, MOST_WARM_UP
from bench.samples import ROOT
from devkit.host import PluginHost, ToolAnswer

APP = "0b5a1f6e-bench"
"""Dify names the app that calls; the plugin remembers the workspace by it."""
_DRAIN_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class PluginUnderTest:
    """A plugin's folder and the tool that is called. `is_right` says whether an answer is the one wanted."""

    name: str
    label: str
    folder: Path
    tool: str
    provider: str
    is_right: Callable[[ToolAnswer], bool]


OURS = PluginUnderTest(
    "approvals",
    "this plugin",
    ROOT,
    "analyze_approval",
    "approvals",
    lambda answer: answer.error is None and answer.variables.get("status") == "ok",
)
PLAIN = PluginUnderTest(
    "plain",
    "plain plugin",
    ROOT / "bench" / "plain_plugin",
    "ask",
    "plain",
    lambda answer: answer.error is None and bool(answer.variables.get("reply")),
)


@dataclass(slots=True)
class Load:
    """Calls held in flight at one plugin: each that ends is followed by another, in the host's reading thread."""

    host: PluginHost
    plugin: PluginUnderTest
    credentials: Mapping[str, str]
    parameters: Iterator[Mapping[str, Any]]
    taken: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    answers: int = 0
    followed: int = 0
    stopping: bool = False

    def send(self) -> None:
        """One more call."""
        self.host.submit_tool(
            self.plugin.tool,
            next(self.parameters),
            provider=self.plugin.provider,
            credentials=self.credentials,
            app_id=APP,
        ).add_done_callback(self._ended)

    def _ended(self, future: Future[ToolAnswer]) -> None:
        answer = future.result()
        if self.plugin.is_right(answer):
            self.taken.append(answer.seconds)
        else:
            self.errors[str(answer.error or answer.variables)[:200]] += 1
        self.answers += 1
        if not self.stopping:
            self.followed += 1
            self.send()


def hold(
    host: PluginHost,
    plugin: PluginUnderTest,
    parameters: Sequence[Mapping[str, Any]],
    credentials: Mapping[str, str],
    *,
    in_flight: int,
    seconds: float,
) -> dict[str, Any]:
    """Hold so many calls in flight; what `Figures.of` reads, and two figures more.

    `host_cpu_seconds` is what this process used in the window; `answers` counts those before and after it too.
    """
    load = Load(host, plugin, credentials, itertools.cycle(parameters))
    for _ in range(in_flight):
        load.send()
    _warm_up(load, in_flight)
    load.taken.clear()
    cpu, own_cpu, began = host.process.cpu_seconds(), time.process_time(), time.perf_counter()
    time.sleep(seconds)
    figures = {
        "taken": list(load.taken),
        "errors": dict(load.errors),
        "seconds": time.perf_counter() - began,
        "cpu_seconds": host.process.cpu_seconds() - cpu,
        "host_cpu_seconds": time.process_time() - own_cpu,
    }
    load.stopping = True
    limit = time.monotonic() + _DRAIN_SECONDS
    while load.answers < in_flight + load.followed and time.monotonic() < limit:
        time.sleep(0.02)
    return {**figures, "answers": load.answers}


def _warm_up(load: Load, in_flight: int) -> None:
    began = time.perf_counter()
    while time.perf_counter() - began < MOST_WARM_UP:
        time.sleep(0.02)
        enough = len(load.taken) + load.errors.total() >= in_flight
        if enough and time.perf_counter() - began > LEAST_WARM_UP:
            return
