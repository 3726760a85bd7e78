# SPDX-License-Identifier: Apache-2.0
"""How long others wait while one user has the largest batch read: `make bench ARGS=neighbours`.

A batch of 4.8 MB, the most that a frame of the plugin protocol holds, is under way; another workspace asks for its
requests again and again. Writes docs/benchmarks/neighbours.md.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any, Final, NamedTuple

from bench.machine import this_machine
from bench.samples import KEY, ROOT, credentials
from devkit.host import HostStorage, PluginHost, Workspace
from devkit.llm_stub import StubProcess

PAGE: Final = ROOT / "docs" / "benchmarks" / "neighbours.md"
BYTES: Final = 4_800_000
LATENCY_MS: Final = 20
AT_ONCE: Final = 32
ASKED_SECONDS: Final = 1.0
_PAUSE_SECONDS: Final = 0.02
_WORDS: Final = "Please approve two desks for the new colleague in support, quote Q-17 over 1280.50 USD. "


def _requests(content: str, **more: Callable[[int], Any]) -> list[dict[str, Any]]:
    """As many requests as fit."""
    each = {"content": content, "amount": "1280.50", "currency": "USD", "requester": "Ann"}

    def made(number: int) -> dict[str, Any]:
        return {"request_id": f"b-{number}", **each, **{name: make(number) for name, make in more.items()}}

    return [made(number) for number in range(min(10_000, BYTES // (len(json.dumps(made(99_999))) + 2)))]


BATCHES: Final[dict[str, Callable[[], str]]] = {
    "requests of 400 characters": lambda: json.dumps(_requests((_WORDS * 5)[:400])),
    "the same, each of another requester": lambda: json.dumps(
        _requests((_WORDS * 5)[:400], requester=lambda number: f"Ann {number}")
    ),
    "the same in Python's notation": lambda: str(_requests((_WORDS * 5)[:380])),
    "requests of 40,000 characters": lambda: json.dumps(_requests((_WORDS * 500)[:40_000])),
    "contexts that are too large": lambda: json.dumps(
        _requests(_WORDS, context=lambda _: {f"k{key}": ["x y z"] * 40 for key in range(100)})
    ),
    "brackets alone": lambda: "[" * BYTES,
}


class Waits(NamedTuple):
    """What a batch took, and what the calls of the neighbour took meanwhile, in seconds."""

    requests: int
    batch_seconds: float
    calls: int
    median: float
    worst: float
    worst_cpu: float
    """What the plugin computed during a call at most: the wait on a machine that does nothing else."""


def measure(text: str) -> Waits:
    """One batch in a new process, and the calls of a neighbour while it is under way."""
    with (
        StubProcess(latency_ms=LATENCY_MS, api_key=KEY) as stub,
        PluginHost((sys.executable, "-m", "main"), cwd=ROOT) as host,
        ThreadPoolExecutor(1) as pool,
    ):
        given = credentials(stub.base_url, KEY, AT_ONCE)
        one, other = Workspace(HostStorage(), given), Workspace(HostStorage(), given)
        _look(host, other)
        ended = Event()
        waits = pool.submit(_looks, host, other, ended)
        began = time.perf_counter()
        answer = host.invoke_tool("analyze_batch", {"requests": text}, workspace=one, timeout=600)
        seconds = time.perf_counter() - began
        ended.set()
        looks = waits.result()
    total = answer.raise_for_error().variables["total"]
    taken = sorted(took for took, _ in looks)
    return Waits(total, seconds, len(taken), taken[len(taken) // 2], taken[-1], max(cpu for _, cpu in looks))


def _looks(host: PluginHost, workspace: Workspace, ended: Event) -> list[tuple[float, float]]:
    """How long each call took, and what the plugin computed meanwhile, in seconds."""
    taken: list[tuple[float, float]] = []
    while not ended.is_set():
        began, computed = time.perf_counter(), _cpu_seconds(host.process.pid)
        _look(host, workspace)
        taken.append((time.perf_counter() - began, _cpu_seconds(host.process.pid) - computed))
        ended.wait(_PAUSE_SECONDS)
    return taken


def _cpu_seconds(pid: int) -> float:
    """What a process has computed so far, as Linux tells it."""
    user, system = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(") ")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _look(host: PluginHost, workspace: Workspace) -> None:
    host.invoke_tool("find_approvals", {"limit": "1"}, workspace=workspace).raise_for_error()


def main() -> None:
    """Measure every kind of batch and write the page."""
    rows = []
    for name, text in BATCHES.items():
        print(f"{name} …", file=sys.stderr, flush=True)
        waits = measure(text())
        rows.append(
            f"| {name} | {waits.requests:,} | {waits.batch_seconds:.1f} | {waits.calls} | {waits.median * 1000:.0f} "
            f"| {waits.worst * 1000:.0f} | {waits.worst_cpu * 1000:.0f} |"
        )
    page = [
        "# How long others wait while a large batch is read",
        "",
        (
            "Written by `make bench ARGS=neighbours`. A user has a batch of 4.8 MB read, by a model that answers in "
            f"{LATENCY_MS} ms and {AT_ONCE} calls at a time;"
        ),
        (
            "a user of another workspace calls `find_approvals` again and again. Asked for: no call waits longer than "
            f"{ASKED_SECONDS:g} s."
        ),
        (
            "A list is parsed in slices of 16 KB, and a long text is searched for amounts in slices of 10 ms, one text "
            "at a time; between two slices the others go on."
        ),
        "",
        "| batch | requests | it took, s | calls meanwhile | median ms | longest ms | longest, CPU ms of the plugin |",
        "|---|---|---|---|---|---|---|",
        *rows,
        "",
        f"Measured: {', '.join(this_machine().values())}.",
        "",
    ]
    PAGE.write_text("\n".join(page), encoding="utf-8")
    print(PAGE.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
