# SPDX-License-Identifier: Apache-2.0
"""Logs as Dify wants them: frames on the plugin's protocol channel, never bare lines on stdout."""

import logging
import sys

from dify_plugin.config.logger_format import DifyPluginLoggerFormatter

from approvals.telemetry.logs import JsonLineFormatter


class FrameFormatter(logging.Formatter):
    """Our JSON line as the message of the SDK's log frame."""

    def __init__(self) -> None:
        super().__init__()
        self._line = JsonLineFormatter()
        self._frame = DifyPluginLoggerFormatter()

    def format(self, record: logging.LogRecord) -> str:
        """The frame."""
        line = logging.LogRecord(
            record.name, record.levelno, record.pathname, record.lineno, self._line.format(record), None, None
        )
        return self._frame.format(line)


def sdk_log_channel() -> logging.Handler:
    """A handler that writes log frames to the channel that the SDK talks on."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(FrameFormatter())
    return handler
