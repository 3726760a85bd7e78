# SPDX-License-Identifier: Apache-2.0
"""One plugin process's lines, read and acted upon: what it says of itself, and what it says in its calls."""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from devkit.host.answers import HostError, HostFault, plugin_error
from devkit.host.backwards import Permissions, Platform
from devkit.host.calls import Call, CallTable
from devkit.host.frames import (
    LONG_LINE,
    PluginEvent,
    SessionEvent,
    Violation,
    ViolationKind,
    request_line,
    violation,
)
from devkit.host.process import PluginProcess
from devkit.host.storage import StorageCutError
from devkit.lenient_json import decoded

_KEPT = 1000
_LAST_WORDS = 2000


class Conversation:
    """Starts the process and reads it in that process's own thread.

    `ready` is set at the first heartbeat (then `ready_at` has the time of `time.perf_counter`) or at the end.
    """

    def __init__(
        self, command: Sequence[str], *, cwd: Path, env: Mapping[str, str], platform: Platform
    ) -> None:
        self.declaration: dict[str, Any] = {}
        self.logs: deque[dict[str, Any]] = deque(maxlen=_KEPT)
        self.violations: deque[Violation] = deque(maxlen=_KEPT)
        self.longest_line = 0
        self.heartbeats = 0
        self.ready = threading.Event()
        self.ready_at: float | None = None
        self.calls = CallTable()
        self._platform = platform
        self._permissions = Permissions({})
        self._cut = False
        self.process = PluginProcess(
            command,
            cwd=cwd,
            env=env,
            on_lines=self._read_lines,
            on_broken_line=self._read_broken_line,
            on_gone=self._read_end,
        )

    def send(
        self,
        call: Call[Any],
        data: Mapping[str, Any],
        *,
        app_id: str | None = None,
        endpoint_id: str | None = None,
    ) -> None:
        """Send a request. When the plugin is gone, the call ends at once with that error."""
        line = request_line(call.session_id, data, app_id=app_id, endpoint_id=endpoint_id)
        if self.calls.open(call):
            self.process.write(line)

    def _read_lines(self, lines: list[bytes]) -> None:
        if self._cut:
            return
        answers: list[bytes] = []
        try:
            for line in lines:
                if line:
                    self._read_line(line, answers.append)
        except StorageCutError:
            self._cut = True
            self.process.kill()
            return
        if answers:
            self.process.write(b"".join(answers))

    def _read_line(self, line: bytes, answer: Callable[[bytes], None]) -> None:
        self.longest_line = max(self.longest_line, len(line))
        if len(line) > LONG_LINE:
            self.violations.append(violation(ViolationKind.LONG_LINE, line))
        try:
            frame = decoded(line)
        except ValueError:
            frame = None
        if not isinstance(frame, dict):
            if line.strip():
                self.violations.append(violation(ViolationKind.NOT_JSON, line))
        elif frame.get("event") == PluginEvent.SESSION:
            self._read_session(frame, line, answer)
        else:
            self._read_about_itself(frame, line)

    def _read_about_itself(self, frame: dict[str, Any], line: bytes) -> None:
        match frame.get("event"):
            case PluginEvent.HEARTBEAT:
                self.heartbeats += 1
                if self.ready_at is None:
                    self.ready_at = time.perf_counter()
                    self.ready.set()
            case PluginEvent.LOG:
                self.logs.append(frame.get("data") or {})
            case PluginEvent.ERROR:
                self.logs.append({"level": "ERROR", "message": str(frame.get("data"))})
            case None if not self.declaration:
                self.declaration = frame
                self._permissions = Permissions(frame)
            case _:
                self.violations.append(violation(ViolationKind.UNKNOWN_EVENT, line))

    def _read_session(self, frame: dict[str, Any], line: bytes, answer: Callable[[bytes], None]) -> None:
        session_id = frame.get("session_id") or ""
        call = self.calls.get(session_id)
        if call is None:
            if not self.calls.is_abandoned(session_id):
                self.violations.append(violation(ViolationKind.UNKNOWN_SESSION, line))
            return
        said = frame.get("data") or {}
        match said.get("type"):
            case SessionEvent.STREAM:
                call.message(said["data"])
            case SessionEvent.INVOKE:
                self._platform.answer(
                    call, said["data"], self._permissions, now=answer, later=self.process.write
                )
            case SessionEvent.ERROR:
                call.error = plugin_error(said["data"])
            case SessionEvent.END:
                self.calls.pop(session_id)
                call.end()
            case _:
                self.violations.append(violation(ViolationKind.UNKNOWN_EVENT, line))

    def _read_broken_line(self, size: int) -> None:
        self.longest_line = max(self.longest_line, size)
        self.violations.append(Violation(ViolationKind.BROKEN_LINE, size, ""))

    def _read_end(self, exit_code: int) -> None:
        words = self.process.stderr[-_LAST_WORDS:].strip() or "nothing"
        why = f"the plugin process ended with code {exit_code} before it answered; its stderr ends: {words}"
        if any(v.kind is ViolationKind.BROKEN_LINE for v in self.violations):
            why = f"killed for a line of {self.longest_line} bytes or more, as the platform does; {why}"
        self.calls.close(HostError(HostFault.PLUGIN_EXITED, why))
        self.ready.set()
