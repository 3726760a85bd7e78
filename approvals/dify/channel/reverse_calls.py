# SPDX-License-Identifier: Apache-2.0
"""What the plugin asks Dify in the middle of a call, and the answers, each handed straight to who waits for it."""

import itertools
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import gevent
from gevent.hub import Waiter

_LOOK_SECONDS: Final = 1.0
_NUMBER: Final = "%012x"

type Answer = Mapping[str, Any]


class BackwardsError(Exception):
    """Dify refused, or did not answer in time."""


class Backwards:
    """Questions under way. One greenlet looks for those that are overdue, as a timer for each would cost more."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._waiting: dict[str, tuple[Waiter[Answer], float, float]] = {}
        self._numbers = itertools.count()
        self._prefix = secrets.token_hex(12)
        self._mark = self._prefix.encode()
        self._id_length = len(self._prefix + _NUMBER % 0)
        self._watch: gevent.Greenlet[Any, Any] | None = None

    def ask(self, send: Callable[[str], None], seconds: float) -> Answer:
        """Send a question under a new id, and wait for its answer. Raises `BackwardsError` after `seconds`."""
        question_id = self._prefix + _NUMBER % next(self._numbers)
        waiter: Waiter[Answer] = Waiter()
        self._waiting[question_id] = (waiter, self._monotonic() + seconds, seconds)
        if self._watch is None:
            self._watch = gevent.spawn(self._look_for_overdue)
        try:
            send(question_id)
            return waiter.get()
        finally:
            self._waiting.pop(question_id, None)

    def answered(self, answer: Answer) -> bool:
        """Hand an answer to who waits for it. False when it answers no question of ours."""
        question_id = answer.get("backwards_request_id", "")
        waiting = self._waiting.pop(question_id, None)
        if waiting is not None:
            gevent.get_hub().loop.run_callback(waiting[0].switch, answer)
            return True
        return bool(question_id.startswith(self._prefix))

    def is_over(self, line: bytes) -> bool:
        """True for a line about a question of ours that nobody waits for any more. Its id alone tells, unread.

        Dify says after each answer that it was the last, so that this is every other answer.
        """
        at = line.find(self._mark)
        return at >= 0 and line[at : at + self._id_length].decode("ascii", "replace") not in self._waiting

    def end_overdue(self) -> None:
        """Let go everyone whose time is over."""
        now = self._monotonic()
        for question_id, (waiter, until, seconds) in list(self._waiting.items()):
            if until <= now:
                del self._waiting[question_id]
                too_late = BackwardsError(f"no answer came in time ({seconds:g} seconds)")
                gevent.get_hub().loop.run_callback(waiter.throw, too_late)

    def _look_for_overdue(self) -> None:
        while self._waiting:
            gevent.sleep(_LOOK_SECONDS)
            self.end_overdue()
        self._watch = None
