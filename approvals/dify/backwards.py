# SPDX-License-Identifier: Apache-2.0
"""What the plugin asks Dify in the middle of a call, and the answers, each handed straight to who waits for it."""

import itertools
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import gevent
from gevent.event import AsyncResult

_LOOK_SECONDS: Final = 1.0

type Answer = Mapping[str, Any]


class BackwardsError(Exception):
    """Dify refused, or did not answer in time."""


class Backwards:
    """Questions under way. One greenlet looks for those that are overdue, as a timer for each would cost more."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._waiting: dict[str, tuple[AsyncResult[Answer], float, float]] = {}
        self._numbers = itertools.count()
        self._prefix = secrets.token_hex(12)
        self._watch: gevent.Greenlet[Any, Any] | None = None

    def ask(self, send: Callable[[str], None], seconds: float) -> Answer:
        """Send a question under a new id, and wait for its answer. Raises `BackwardsError` after `seconds`."""
        question_id = f"{self._prefix}{next(self._numbers):08x}"
        place: AsyncResult[Answer] = AsyncResult()
        self._waiting[question_id] = (place, self._monotonic() + seconds, seconds)
        if self._watch is None:
            self._watch = gevent.spawn(self._look_for_overdue)
        try:
            send(question_id)
            return place.get() or {}
        finally:
            self._waiting.pop(question_id, None)

    def answered(self, answer: Answer) -> bool:
        """Hand an answer to who waits for it. False when nobody does."""
        waiting = self._waiting.pop(answer.get("backwards_request_id", ""), None)
        if waiting is not None:
            waiting[0].set(answer)
        return waiting is not None

    def end_overdue(self) -> None:
        """Let go everyone whose time is over."""
        now = self._monotonic()
        for place, until, seconds in list(self._waiting.values()):
            if until <= now:
                place.set_exception(BackwardsError(f"no answer came in time ({seconds:g} seconds)"))

    def _look_for_overdue(self) -> None:
        while self._waiting:
            gevent.sleep(_LOOK_SECONDS)
            self.end_overdue()
        self._watch = None
