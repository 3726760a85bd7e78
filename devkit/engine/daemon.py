# SPDX-License-Identifier: Apache-2.0
"""Whether Dify's plugin daemon can be reached when a node calls a tool, and what is lost when it cannot.

A restart of the daemon takes Dify about 12 seconds. A call in that time does not reach the plugin. A call that was
on its way has done its work in the plugin and only its answer is lost; the node's retry makes the call once more.

    runner = Runner(caller=tools, declarations=declared, daemon=Outages({"decide": 3}))
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

EVERY_NODE = "*"


class DaemonDownError(Exception):
    """The daemon cannot be reached."""


class Daemon(Protocol):
    """Is asked around each call of a tool node. An error fails the call, and the engine retries the node."""

    def before_call(self, node_id: str) -> None:
        """Raises DaemonDownError where the call does not reach the plugin."""
        ...

    def after_call(self, node_id: str) -> None:
        """Raises DaemonDownError where the plugin's answer is lost on its way back."""
        ...


class AlwaysUp:
    """A daemon without faults."""

    def before_call(self, node_id: str) -> None:
        """The call goes through."""

    def after_call(self, node_id: str) -> None:
        """The answer arrives."""


@dataclass(slots=True)
class Outages:
    """The first calls of a node do not reach the plugin. `failures` says how many, by node; `*` names every node."""

    failures: Mapping[str, int]
    _failed: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def before_call(self, node_id: str) -> None:
        with self._lock:
            failed = self._failed.get(node_id, 0)
            if failed >= self.failures.get(node_id, self.failures.get(EVERY_NODE, 0)):
                return
            self._failed[node_id] = failed + 1
        raise DaemonDownError(node_id)

    def after_call(self, node_id: str) -> None:
        """The answer arrives."""


class Loss(StrEnum):
    """What a restart loses of the call that meets it."""

    CALL = "call"
    ANSWER = "answer"


@dataclass(slots=True)
class RestartAt:
    """`restart` is called in the middle of one call, the `number`th of the run counted from 1, which then fails."""

    restart: Callable[[], None]
    number: int
    loss: Loss = Loss.CALL
    happened_at: str = ""  # the node whose call it was; empty as long as there was none
    _calls: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def before_call(self, node_id: str) -> None:
        with self._lock:
            self._calls += 1
        if self.loss is Loss.CALL:
            self._meet(node_id)

    def after_call(self, node_id: str) -> None:
        if self.loss is Loss.ANSWER:
            self._meet(node_id)

    def _meet(self, node_id: str) -> None:
        if self._calls == self.number and not self.happened_at:
            self.happened_at = node_id
            self.restart()
            raise DaemonDownError(node_id)
