# SPDX-License-Identifier: Apache-2.0
"""The calls that wait for the plugin, by session id."""

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from devkit.host.answers import HostError
from devkit.host.storage import HostStorage

Messages = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Workspace:
    """Whose call it is. One plugin process serves many, and is never told which.

    `credentials` are those saved for the plugin's provider: what a call by `session.tool` runs with.
    """

    storage: HostStorage = field(default_factory=HostStorage)
    credentials: Mapping[str, Any] | None = field(default=None, repr=False)


class Call[A]:
    """One request to the plugin, collecting messages until its session ends.

    `finish(messages, error, seconds)` makes the answer. `on_message`, if given, sees each message on arrival.
    """

    __slots__ = (
        "_finish",
        "_started",
        "error",
        "future",
        "messages",
        "on_message",
        "session_id",
        "user_id",
        "workspace",
    )

    def __init__(
        self,
        finish: Callable[[Messages, HostError | None, float], A],
        *,
        workspace: Workspace,
        user_id: str,
        on_message: Callable[[dict[str, Any]], None] | None = None,
    ) -> None:
        self.session_id = str(uuid4())
        self.workspace = workspace
        self.user_id = user_id
        self.on_message = on_message
        self.messages: Messages = []
        self.error: HostError | None = None
        self.future: Future[A] = Future()
        self.future.set_running_or_notify_cancel()
        self._finish = finish
        self._started = time.perf_counter()

    def message(self, data: dict[str, Any]) -> None:
        """Keep one message of the plugin."""
        self.messages.append(data)
        if self.on_message:
            self.on_message(data)

    def end(self, error: HostError | None = None) -> None:
        """Make the answer, with `error` if the plugin reported none itself."""
        seconds = time.perf_counter() - self._started
        try:
            self.future.set_result(self._finish(self.messages, self.error or error, seconds))
        except Exception as broken:  # noqa: BLE001 - a malformed message must fail this call, not the reader
            self.future.set_exception(broken)


class CallTable:
    """The open calls. Once closed, a new call ends at once with the reason."""

    def __init__(self) -> None:
        self._calls: dict[str, Call[Any]] = {}
        self._abandoned: set[str] = set()
        self._closed_by: HostError | None = None
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._calls)

    def open(self, call: Call[Any]) -> bool:
        """Wait for `call` from now on. False when the plugin is gone: the call has ended with that error."""
        with self._lock:
            if self._closed_by is None:
                self._calls[call.session_id] = call
                return True
        call.end(self._closed_by)
        return False

    def get(self, session_id: str) -> Call[Any] | None:
        """The open call of a session."""
        return self._calls.get(session_id)

    def pop(self, session_id: str) -> Call[Any] | None:
        """Take a call out, because its session ended."""
        return self._calls.pop(session_id, None)

    def abandon(self, session_id: str, error: HostError) -> None:
        """Stop waiting, as the platform does at its own timeout: the plugin is told nothing.

        What the plugin still says in that session is dropped, and what it asks for is not answered.
        """
        call = self.pop(session_id)
        if call is not None:
            self._abandoned.add(session_id)
            call.end(error)

    def is_abandoned(self, session_id: str) -> bool:
        """Whether a line of an unknown session is only late."""
        return session_id in self._abandoned

    def close(self, error: HostError) -> None:
        """End every open call with `error`, and every later one."""
        with self._lock:
            self._closed_by = error
            calls = list(self._calls.values())
            self._calls.clear()
        for call in calls:
            call.end(error)
