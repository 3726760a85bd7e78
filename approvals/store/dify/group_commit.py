# SPDX-License-Identifier: Apache-2.0
"""One writes for all who wait, as databases commit in groups.

Whoever comes first writes; who comes before that write begins only waits for it, and is woken with all the others at
once. Handing a lock from one to the next would wake them one after the other, each to find that nothing is left to do.
"""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from threading import Lock

from approvals.store.dify.keyed_locks import WAIT_SECONDS
from approvals.store.faults import unavailable


class _Round:
    """One write, and those who wait for it. The first of them watches the clock for all: a timer each costs more."""

    __slots__ = ("ended", "is_watched", "took_too_long", "went_well")

    def __init__(self) -> None:
        self.ended = threading.Event()
        self.went_well = False
        self.is_watched = False
        self.took_too_long = False

    def wait(self, seconds: float, *, watches: bool) -> None:
        """Until it has ended, or taken longer than `seconds`."""
        if not watches:
            self.ended.wait()
            return
        try:
            if not self.ended.wait(seconds):
                self.took_too_long = True
                self.ended.set()
        except BaseException:  # killed: whoever comes next watches
            self.is_watched = False
            raise


class JointWrites:
    """The writes of one value. Works for threads and greenlets; whoever is killed leaves nobody waiting."""

    def __init__(self, wait_seconds: float = WAIT_SECONDS) -> None:
        self._wait_seconds = wait_seconds
        self._guard = Lock()
        self._next: _Round | None = None
        """The write that has not begun, so that one may still join it."""

    def join(self, turn: AbstractContextManager[None], write: Callable[[], None]) -> None:
        """Returns once `write` has gone well, here or with someone else, having begun after this call.

        `write` writes whatever is there when it is called; `turn` is held around it. Where someone else's write fails,
        it is tried again here. Raises what `turn` and `write` raise, and `store_unavailable` when others take too long.
        """
        while True:
            with self._guard:
                leads = self._next is None
                mine = self._next = self._next or _Round()
                watches = not leads and not mine.is_watched
                mine.is_watched = mine.is_watched or watches
            if leads:
                return self._lead(mine, turn, write)
            mine.wait(self._wait_seconds, watches=watches)
            if mine.went_well:
                return None
            if mine.took_too_long:
                raise unavailable("write", f"another call's write took more than {self._wait_seconds:g} s")

    def _lead(self, mine: _Round, turn: AbstractContextManager[None], write: Callable[[], None]) -> None:
        try:
            with turn:
                self._begin(mine)
                write()
            mine.went_well = True
        finally:
            self._begin(mine)  # if it never came to that
            mine.ended.set()

    def _begin(self, mine: _Round) -> None:
        """Who comes from now on is too late for this write."""
        with self._guard:
            if self._next is mine:
                self._next = None
