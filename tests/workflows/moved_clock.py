# SPDX-License-Identifier: Apache-2.0
"""A clock that a test puts forward for a plugin in a process of its own. The hours stand in a file."""

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from approvals.clock import SystemClock

HOURS_FILE = "HOURS_FILE"  # the environment variable that names the file


class MovedClock(SystemClock):
    """The machine's clock, so many hours later. What measures a call's own time is not moved."""

    def now(self) -> datetime:
        hours = float(Path(os.environ[HOURS_FILE]).read_text(encoding="ascii"))
        return super().now() + timedelta(hours=hours)


@dataclass(slots=True)
class Hours:
    """The test's hand on that clock. Time only goes on."""

    file: Path
    passed: float = 0

    def __post_init__(self) -> None:
        self.pass_by(0)

    def pass_by(self, hours: float) -> None:
        self.passed += hours
        self.file.write_text(str(self.passed), encoding="ascii")
