# SPDX-License-Identifier: Apache-2.0
"""What one peer process is told and what it counts: the calls that end inside a window of steady load."""

import json
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

LEAST_WARM_UP = 0.4
MOST_WARM_UP = 6.0
"""Seconds. In between, the warm-up is over once as many calls have ended as are in flight."""

Payload = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Setup:
    """Where to call and what to say: bodies of chat completions, used in turn."""

    base_url: str
    api_key: str
    payloads: list[Payload]

    @property
    def url(self) -> str:
        """The full address of the completions."""
        return f"{self.base_url}/chat/completions"


@dataclass(slots=True)
class Tally:
    """Seconds of each call that ended in the window, and errors by name, those of the warm-up included."""

    taken: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    _began: float = field(default_factory=time.perf_counter)
    _cpu: float = 0.0

    def done(self, began: float) -> None:
        """A call that began then has been answered."""
        self.taken.append(time.perf_counter() - began)

    def failed(self, error: Exception) -> None:
        """A call ended with this error."""
        self.errors[f"{type(error).__name__}: {error}"[:120]] += 1

    def is_warm(self, in_flight: int) -> bool:
        """The warm-up may end."""
        passed = time.perf_counter() - self._began
        ended = len(self.taken) + self.errors.total()
        return passed > MOST_WARM_UP or (passed > LEAST_WARM_UP and ended >= in_flight)

    def open_window(self) -> None:
        """Count from here on."""
        self.taken.clear()
        self._began, self._cpu = time.perf_counter(), time.process_time()

    def close_window(self) -> dict[str, Any]:
        """The figures of the window; what ends later is not counted."""
        return {
            "seconds": time.perf_counter() - self._began,
            "cpu_seconds": time.process_time() - self._cpu,
            "taken": [round(each, 6) for each in self.taken],
            "errors": dict(self.errors),
        }


def say(document: dict[str, Any]) -> None:
    """One line for whoever started this process."""
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


def versions(*packages: str) -> str:
    """Such as `httpx 0.28.1, gevent 26.9.0`."""
    return ", ".join(f"{package} {version(package)}" for package in packages)
