# SPDX-License-Identifier: Apache-2.0
"""What a run ran on."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

_PACKAGES = ("dify-plugin", "gevent", "httpx", "pydantic")


def this_machine() -> dict[str, str]:
    """The machine, the versions and the date, each as text."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "cpu": f"{os.cpu_count()} cores of {_processor()}",
        "load": f"{os.getloadavg()[0]:.1f} when the run began",
        "system": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "versions": ", ".join(f"{package} {version(package)}" for package in _PACKAGES),
    }


def _processor() -> str:
    """The processor's own name where Linux tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or "unknown processor")
