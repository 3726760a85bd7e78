# SPDX-License-Identifier: Apache-2.0
"""A client to be measured, as a child process that obeys one order per line."""

import json
import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bench.samples import ROOT

OTHERS = ROOT / ".venv-bench" / "bin" / "python"
"""The Python that has what is in requirements-bench.txt, unless BENCH_PYTHON names another."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A client, and the modules in `bench.peers` that use it: of several, the best counts."""

    name: str
    label: str
    modules: tuple[str, ...]


OWN = Peer("own", "this plugin's client", ("own_client",))
PEERS = (
    OWN,
    Peer("article", "the article's client", ("article",)),
    Peer("httpx", "httpx under gevent", ("plain_httpx",)),
    Peer("openai", "openai SDK", ("openai_async", "openai_gevent")),
    Peer("litellm", "LiteLLM Router", ("litellm_router",)),
)


def other_python() -> Path:
    """The Python that has the others. Raises `RuntimeError` when it is not there."""
    python = Path(os.environ.get("BENCH_PYTHON") or OTHERS)
    if not python.exists():
        raise RuntimeError("the clients to compare with are not installed: run `make bench`")
    return python


class PeerProcess:
    """A running client, connected to the endpoint. Raises `RuntimeError` when it ends before it has answered."""

    def __init__(self, module: str, setup: dict[str, Any]) -> None:
        self.module = module
        python = sys.executable if module in OWN.modules else str(other_python())
        self._child = subprocess.Popen(
            [python, "-W", "ignore", "-m", f"bench.peers.{module}"],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            self.versions: str = self._ask(setup)["versions"]
        except BaseException:
            self.stop()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def hold(self, in_flight: int, seconds: float) -> dict[str, Any]:
        """Hold so many calls in flight; what `Figures.of` reads."""
        return self._ask({"in_flight": in_flight, "seconds": seconds})

    def stop(self) -> None:
        """End it."""
        self._child.kill()
        self._child.communicate()

    def _ask(self, order: dict[str, Any]) -> dict[str, Any]:
        if self._child.stdin is None or self._child.stdout is None:
            raise AssertionError("both are pipes")
        with suppress(BrokenPipeError):  # it is gone; the next lines say so
            self._child.stdin.write(json.dumps(order) + "\n")
            self._child.stdin.flush()
        while line := self._child.stdout.readline():
            if line.startswith("{"):
                answer: dict[str, Any] = json.loads(line)
                return answer
        raise RuntimeError(f"bench.peers.{self.module} ended before it answered; what it said is above")
