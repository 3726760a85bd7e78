# SPDX-License-Identifier: Apache-2.0
"""Logs as Dify wants them: frames on the plugin's protocol channel, never bare lines on stdout."""

import time

from approvals.dify.channel.frame_buffer import outlet
from approvals.dify.channel.frame_lines import frame_line


def log_frame(level: str, line: str) -> None:
    """Write one of our log lines as the message of the SDK's log frame."""
    data = {"level": level, "message": line, "timestamp": time.time()}
    outlet.put(frame_line({"event": "log", "data": data}))
