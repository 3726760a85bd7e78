# SPDX-License-Identifier: Apache-2.0
"""How long the plugin takes from its start to its first heartbeat, and what memory it holds, as Dify sees it."""

import statistics
import sys
from dataclasses import dataclass
from pathlib import Path

from devkit.host import HostStorage, PluginHost
from devkit.llm_stub import LlmStub

ROOT = Path(__file__).parents[1]
STARTS = 7
CALLS = 1_000
KEY = "key-of-the-benchmark"


@dataclass(frozen=True, slots=True)
class Start:
    """Seconds are over all starts; memory is resident MB of the last one, at start and after the calls."""

    median_seconds: float
    worst_seconds: float
    memory_mb: float
    memory_after_calls_mb: float


def measure() -> Start:
    """Start the plugin again and again; send calls to the last one."""
    seconds = []
    for _ in range(STARTS - 1):
        with _plugin({}) as plugin:
            seconds.append(plugin.start_seconds)
    with LlmStub(api_key=KEY) as stub:
        credentials = {
            "api_key": KEY,
            "base_url": stub.base_url,
            "allow_insecure_http": "true",
            "rpm_limit": "1000000",
        }
        with _plugin(credentials) as plugin:
            seconds.append(plugin.start_seconds)
            at_start = plugin.rss_bytes()
            for number in range(CALLS):
                plugin.invoke_tool("analyze_approval", {"content": f"Chair {number}"}).raise_for_error()
            return Start(statistics.median(seconds), max(seconds), at_start / 1e6, plugin.rss_bytes() / 1e6)


def _plugin(credentials: dict[str, str]) -> PluginHost:
    command = (sys.executable, "-m", "main")
    return PluginHost(command=command, cwd=ROOT, storage=HostStorage(), credentials=credentials)


if __name__ == "__main__":
    found = measure()
    print(
        f"start to first heartbeat: median {found.median_seconds:.2f} s, worst {found.worst_seconds:.2f} s; memory: "
        f"{found.memory_mb:.0f} MB at start, {found.memory_after_calls_mb:.0f} MB after {CALLS:,} calls"
    )
