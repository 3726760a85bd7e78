# SPDX-License-Identifier: Apache-2.0
"""Structured logs: one JSON object per line, redacted as a whole, handed to whatever channel the caller gives."""

import logging
from collections.abc import Callable, MutableMapping
from typing import Any, Final, cast

import structlog

from approvals.telemetry.redaction import redact
from approvals.telemetry.scope import with_facts
from approvals.text.json_text import json_text

type Channel = Callable[[str, str], None]
"""(level such as `INFO`, line): where a finished line goes."""

_HARMLESS = (bool, int, float, type(None))
_LINE_LIMIT = 20_000  # characters; a line of stdout must stay far below what the platform accepts


class ChannelLogger:
    """What structlog hands a finished line to, by the name of its level."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def debug(self, line: str) -> None:
        self._channel("DEBUG", line)

    def info(self, line: str) -> None:
        self._channel("INFO", line)

    def warning(self, line: str) -> None:
        self._channel("WARNING", line)

    def error(self, line: str) -> None:
        self._channel("ERROR", line)


def _rendered(_logger: object, _name: str, event: MutableMapping[str, Any]) -> str:
    """The last step: whatever was put into the event, a secret in it does not get out."""
    texts = {
        key: str(value)[:_LINE_LIMIT] for key, value in event.items() if not isinstance(value, _HARMLESS)
    }
    together = "\n".join(texts.values())  # looked at once: most lines hold nothing to hide
    if redact(together) != together:
        texts = {key: redact(text) for key, text in texts.items()}
    line = json_text({**event, **texts})
    return line if len(line) <= _LINE_LIMIT else json_text({"event": line[:_LINE_LIMIT], "cut": True})


_STEPS: Final = (
    with_facts,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
    _rendered,
)


def configure_logs(channel: Channel, level: int = logging.INFO) -> None:
    """Sends everything that the plugin logs to `channel`, once, and nothing of it anywhere else.

    Not by way of the standard library's loggers: theirs is half of the time that a whole line takes.
    """
    structlog.configure(
        processors=_STEPS,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_name: ChannelLogger(channel),
        cache_logger_on_first_use=True,
    )


def get_logger(name: str) -> structlog.typing.FilteringBoundLogger:
    """A logger whose keyword arguments become fields of the line."""
    return cast("structlog.typing.FilteringBoundLogger", structlog.get_logger(name))
