# SPDX-License-Identifier: Apache-2.0
"""A clock that is put forward for a plugin in a process of its own. The hours stand in a file."""

import os
import sys
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any

from approvals.clock import SystemClock
from devkit.engine import ToolCaller, ToolResult

PLUGIN = (sys.executable, "-m", "devkit.clock.plugin")  # the command that starts the plugin on this clock
FORM_HOURS = 48  # that the shipped forms wait
HOURS_FILE = "HOURS_FILE"  # the environment variable that names the file


class MovedClock(SystemClock):
    """The machine's clock, so many hours later. What measures a call's own time is not moved."""

    def now(self) -> datetime:
        hours = float(Path(os.environ[HOURS_FILE]).read_text(encoding="ascii"))
        return super().now() + timedelta(hours=hours)


@dataclass(slots=True)
class Hours:
    """How far the clock is put forward. Time only goes on."""

    file: Path
    passed: float = 0
    _lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        self.pass_by(0)

    def pass_by(self, hours: float) -> None:
        with self._lock:
            self.passed += hours
            written = self.file.with_suffix(".new")
            written.write_text(str(self.passed), encoding="ascii")
            written.replace(self.file)  # whoever reads meanwhile reads the old time, never half of one


@dataclass(frozen=True, slots=True)
class OnTime:
    """A ToolCaller for runs on the engine's clock: when a form has run out there, its two days have passed here."""

    inner: ToolCaller
    hours: Hours

    def call(self, provider_id: str, tool_name: str, parameters: dict[str, Any], app_id: str) -> ToolResult:
        if tool_name == "route_approval" and parameters["event"] == "timeout":
            self.hours.pass_by(FORM_HOURS)
        return self.inner.call(provider_id, tool_name, parameters, app_id)
