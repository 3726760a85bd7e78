# SPDX-License-Identifier: Apache-2.0
"""Calls from the plugin to Dify in the middle of a tool call, each answer handed straight to its caller.

The SDK offers every answer to every call that waits for one, and wakes each of those once a second.
"""

import itertools
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import gevent
from gevent.hub import Waiter

_CHECK_SECONDS: Final = 1.0
_NUMBER: Final = "%012x"

type Answer = Mapping[str, Any]


class ReverseCallError(Exception):
    """Dify refused the call, or did not answer in time."""


class ReverseCalls:
    """Open calls to Dify. One greenlet ends those that are overdue; a timer for each would cost more."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._open: dict[str, tuple[Waiter[Answer], float, float]] = {}
        self._numbers = itertools.count()
        self._prefix = secrets.token_hex(12)
        self._mark = self._prefix.encode()
        self._id_length = len(self._prefix + _NUMBER % 0)
        self._watch: gevent.Greenlet[Any, Any] | None = None

    def ask(self, send: Callable[[str], None], seconds: float) -> Answer:
        """Send a call under a new id and wait for its answer. Raises `ReverseCallError` after `seconds`."""
        call_id = self._prefix + _NUMBER % next(self._numbers)
        waiter: Waiter[Answer] = Waiter()
        self._open[call_id] = (waiter, self._monotonic() + seconds, seconds)
        if self._watch is None:
            self._watch = gevent.spawn(self._watch_overdue)
        try:
            send(call_id)
            return waiter.get()
        finally:
            self._open.pop(call_id, None)

    def answered(self, answer: Answer) -> bool:
        """Hand an answer to its caller. False when it answers none of these calls."""
        call_id = answer.get("backwards_request_id", "")
        waiting = self._open.pop(call_id, None)
        if waiting is not None:
            gevent.get_hub().loop.run_callback(waiting[0].switch, answer)
            return True
        return bool(call_id.startswith(self._prefix))

    def is_over(self, line: bytes) -> bool:
        """True for a line about one of these calls that is closed already. Its id alone tells, without parsing.

        Dify follows each answer with an end message, so that this is every other line.
        """
        at = line.find(self._mark)
        return at >= 0 and line[at : at + self._id_length].decode("ascii", "replace") not in self._open

    def end_overdue(self) -> None:
        """End every call whose time is over."""
        now = self._monotonic()
        for call_id, (waiter, until, seconds) in list(self._open.items()):
            if until <= now:
                del self._open[call_id]
                too_late = ReverseCallError(f"Dify did not answer within {seconds:g} seconds")
                gevent.get_hub().loop.run_callback(waiter.throw, too_late)

    def _watch_overdue(self) -> None:
        while self._open:
            gevent.sleep(_CHECK_SECONDS)
            self.end_overdue()
        self._watch = None
