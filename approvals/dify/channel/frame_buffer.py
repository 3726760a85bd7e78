# SPDX-License-Identifier: Apache-2.0
"""Stdout, written once in each turn of the event loop with all that the calls had to say in that turn.

With a hundred calls under way a turn holds frames of many: one write, and one waking of who reads, serves them all.
"""

import os
import sys
from contextlib import suppress
from typing import Any, Final

import gevent

_HELD_AT_MOST: Final = 32_768  # bytes; more leaves at once, so that Dify works while the turn goes on
_LINES_AT_ONCE: Final = 1_000  # Linux takes 1,024
_PIPE_BYTES: Final = 1 << 20  # what Linux lets anyone ask for

type Watcher = Any
"""Of gevent's, whose class depends on the loop in use."""


class Outlet:
    """Holds lines until the turn ends. Everyone who writes frames writes them here, so their order is kept."""

    def __init__(self) -> None:
        self._held: list[bytes] = []
        self._length = 0
        self._turn: Watcher | None = None

    def open(self) -> None:
        """From now on write once a turn, and not at once. Where stdout is a pipe, it gets more room."""
        loop = gevent.get_hub().loop
        # Before each wait for news, after all that runs before it: the lowest priority comes last.
        lowest = loop.MINPRI  # type: ignore[attr-defined] # the stubs leave it out
        self._turn = loop.prepare(ref=False, priority=lowest)
        self._turn.start(self.flush)
        with suppress(ImportError, AttributeError, OSError, ValueError):
            import fcntl  # noqa: PLC0415 - Windows has none, where a plugin may be debugged

            # A write to a full pipe stops every call of this process.
            fcntl.fcntl(sys.stdout.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)

    def put(self, line: bytes) -> None:
        """Write a line, by the end of this turn."""
        self._held.append(line)
        self._length += len(line)
        if self._turn is None or self._length > _HELD_AT_MOST:
            self.flush()

    def flush(self) -> None:
        """Write what is held, now."""
        if not self._held:
            return
        lines, self._held, self._length = self._held, [], 0
        sys.stdout.flush()  # what somebody printed before us stays before us
        _write(sys.stdout.fileno(), lines)


def _write(pipe: int, lines: list[bytes]) -> None:
    """Write all lines from where they lie. A signal may end a write early."""
    while lines:
        together = hasattr(os, "writev")  # Windows writes one by one
        sent = os.writev(pipe, lines[:_LINES_AT_ONCE]) if together else os.write(pipe, lines[0])
        whole = 0
        while whole < len(lines) and sent >= len(lines[whole]):
            sent -= len(lines[whole])
            whole += 1
        del lines[:whole]
        if sent:
            lines[0] = lines[0][sent:]


outlet: Final = Outlet()
"""The one outlet of this process."""
