# SPDX-License-Identifier: Apache-2.0
"""What the model has answered goes on a few at a time, so that what has yet to be asked is asked meanwhile.

With a hundred calls under way, replies come in a crowd. Were all of them stored before the next requests are looked
at, all calls would soon wait for the model at once, then all for us, and so on: each idles while the other works.
"""

from collections import deque
from typing import Final

import gevent
from gevent.hub import Waiter

from approvals.dify.channel.frame_buffer import Watcher

FEW: Final = 16
"""Measured with 10 to 200 calls under way: 12 to 20 do well, 4 and 32 less so."""


class Turns:
    """Greenlets that wait to go on, first come, first served."""

    def __init__(self, few: int = FEW) -> None:
        self._few = few
        self._waiting: deque[Waiter[None]] = deque()
        self._news: Watcher = None
        self._no_rest: Watcher = None

    def wait(self) -> None:
        """Go on in the next turn of the event loop, or in a later one if `few` are before us."""
        waiter: Waiter[None] = Waiter()
        self._waiting.append(waiter)
        self._start()
        try:
            waiter.get()
        except BaseException:  # killed
            if waiter in self._waiting:
                self._waiting.remove(waiter)
            raise

    def _start(self) -> None:
        if self._news is None:
            loop = gevent.get_hub().loop
            # After each look for news. Not before one: what is called back from there would wait for the next.
            self._news = loop.check(ref=False, priority=loop.MINPRI)  # type: ignore[attr-defined] # left out
            # While it runs, the loop only looks for news and never waits for any.
            self._no_rest = loop.idle(ref=False)
        if not self._news.active:
            self._news.start(self._let_go)
            self._no_rest.start(_nothing)

    def _let_go(self) -> None:
        for _ in range(min(self._few, len(self._waiting))):
            self._waiting.popleft().switch(None)
        if not self._waiting:
            self._news.stop()
            self._no_rest.stop()

    def __repr__(self) -> str:
        return f"Turns({len(self._waiting)} waiting)"


def _nothing() -> None:
    """What there is to do while nothing happens."""


turns: Final = Turns()
"""The one of this process."""
