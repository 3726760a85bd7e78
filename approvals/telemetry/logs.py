# SPDX-License-Identifier: Apache-2.0
"""Structured logs: one JSON object per line, redacted as a whole, handed to whatever channel the caller gives."""

import json
import logging
from collections.abc import MutableMapping
from typing import Any

import structlog

from approvals.telemetry.redaction import redact

ROOT = "approvals"
_HARMLESS = (bool, int, float, type(None))
_LINE_LIMIT = 20_000  # characters; a line of stdout must stay far below what the platform accepts


class JsonLineFormatter(logging.Formatter):
    """Renders a record, ours or another library's, as one redacted JSON object."""

    def __init__(self) -> None:
        super().__init__()
        self._render = structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.contextvars.merge_contextvars, structlog.stdlib.add_log_level],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.format_exc_info,
                _rendered,
            ],
        )

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        return self._render.format(record)


def _rendered(_logger: object, _name: str, event: MutableMapping[str, Any]) -> str:
    """The last step: whatever was put into the event, a secret in it does not get out."""
    texts = {
        key: str(value)[:_LINE_LIMIT] for key, value in event.items() if not isinstance(value, _HARMLESS)
    }
    together = "\n".join(texts.values())  # looked at once: most lines hold nothing to hide
    if redact(together) != together:
        texts = {key: redact(text) for key, text in texts.items()}
    line = json.dumps({**event, **texts}, ensure_ascii=False)
    return line if len(line) <= _LINE_LIMIT else json.dumps({"event": line[:_LINE_LIMIT], "cut": True})


def configure_logs(channel: logging.Handler, level: int = logging.INFO) -> None:
    """Sends everything that the plugin logs through `channel`, once, and nothing of it anywhere else."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.filter_by_level,
            structlog.stdlib.add_log_level,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    logger = logging.getLogger(ROOT)
    logger.handlers = [channel]
    logger.setLevel(level)
    logger.propagate = False


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger whose keyword arguments become fields of the line."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger
