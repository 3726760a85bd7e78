# SPDX-License-Identifier: Apache-2.0
"""Stdout, written once in each turn of the event loop with all that the calls had to say in that turn.

With a hundred calls under way a turn holds frames of many: one write, and one waking of who reads, serves them all.
"""

import sys
from contextlib import suppress
from typing import Final

import gevent

_HELD_AT_MOST: Final = 65_536  # bytes; what is longer leaves at once
_PIPE_BYTES: Final = 1 << 20  # what Linux lets anyone ask for


class Outlet:
    """Holds lines until the turn ends. Everyone who writes frames writes them here, so their order is kept."""

    def __init__(self) -> None:
        self._held: list[bytes] = []
        self._length = 0

    def put(self, line: bytes) -> None:
        """Write a line, by the end of this turn."""
        if not self._held:
            gevent.get_hub().loop.run_callback(self.flush)
        self._held.append(line)
        self._length += len(line)
        if self._length > _HELD_AT_MOST:
            self.flush()

    def widen(self) -> None:
        """Give the pipe more room, if stdout is one: a write to a full pipe stops every call of this process."""
        with suppress(
            ImportError, AttributeError, OSError, ValueError
        ):  # not on every system, not every stdout
            import fcntl  # noqa: PLC0415 - Windows has none, where a plugin may be debugged

            fcntl.fcntl(sys.stdout.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)

    def flush(self) -> None:
        """Write what is held, now."""
        if not self._held:
            return
        together = b"".join(self._held)
        self._held.clear()
        self._length = 0
        sys.stdout.flush()  # what somebody printed before us stays before us
        sys.stdout.buffer.write(together)
        sys.stdout.buffer.flush()


outlet: Final = Outlet()
"""The one outlet of this process."""
