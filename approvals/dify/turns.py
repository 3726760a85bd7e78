# SPDX-License-Identifier: Apache-2.0
"""Work on a long list goes on in slices, so that the calls of others get their turns between them.

All calls share one thread: without a pause, whoever reads thousands of requests would keep everybody else waiting.
"""

from collections.abc import Callable
from typing import Final

import gevent

from approvals.clock import SHORTEST_SLEEP

SLICE: Final = 16_384
"""Characters of work between two pauses: some milliseconds."""


def _let_others_run() -> None:
    gevent.sleep(SHORTEST_SLEEP)


class Turns:
    """Counts the work of one call, and calls `pause` after every `SLICE` of it."""

    def __init__(self, pause: Callable[[], object] = _let_others_run) -> None:
        self._pause = pause
        self._done = 0

    def worked(self, characters: int) -> None:
        """So many more characters are done with."""
        self._done += characters
        if self._done >= SLICE:
            self._done = 0
            self._pause()
