# SPDX-License-Identifier: Apache-2.0
"""The one retry loop. Nothing else in this plugin retries a call to the model."""

from collections.abc import Callable
from random import Random
from typing import TypeVar

from approvals.clock import Clock
from approvals.llm.deadline import Deadline
from approvals.llm.failures import CallFailure

T = TypeVar("T")

Judge = Callable[[Exception], tuple[bool, float | None]]
"""What a failure is worth: (may another attempt help, seconds the endpoint asked us to wait or None)."""


def judge_call(error: Exception) -> tuple[bool, float | None]:
    """A `CallFailure` says so itself; nothing else is retried."""
    return (error.retryable, error.retry_after) if isinstance(error, CallFailure) else (False, None)


class Retry:
    """Exponential waits with full jitter, capped.

    Attempt n is followed by a random part of `base * 2**(n-1)` seconds, or of `cap` if that is less. The whole
    range is used, so that callers who failed together do not come back together ("Exponential Backoff And Jitter",
    AWS Architecture Blog, 2015). Base and cap are those of the OpenAI SDK.
    """

    def __init__(  # noqa: PLR0913 - a clock, a die, three numbers and two questions
        self,
        clock: Clock,
        random: Random,
        attempts: int = 4,
        base: float = 0.5,
        cap: float = 8.0,
        *,
        judge: Judge = judge_call,
        on_retry: Callable[[int, float, Exception], None] = lambda _attempt, _wait, _error: None,
    ) -> None:
        """`on_retry(attempt, wait, error)` hears of every attempt that will be followed by another."""
        self.attempts = attempts
        self._base = base
        self._cap = cap
        self._clock = clock
        self._random = random
        self._judge = judge
        self._on_retry = on_retry

    def run(self, attempt: Callable[[int], T], deadline: Deadline) -> T:
        """Return what `attempt(1)` returns, or a later one.

        Raises what the last attempt raised, as soon as another one would not help, is one too many, or could
        not start before the deadline.
        """
        number = 1
        while True:
            try:
                return attempt(number)
            except Exception as error:
                wait = self._wait_after(number, error)
                if wait is None or wait >= deadline.remaining():
                    raise
                self._on_retry(number, wait, error)
            self._clock.sleep(wait)
            number += 1

    def _wait_after(self, number: int, error: Exception) -> float | None:
        """Seconds until the next attempt, at least what the endpoint asked for. None: there is no next one."""
        retryable, retry_after = self._judge(error)
        if not retryable or number >= self.attempts:
            return None
        jittered = self._random.uniform(0, min(self._cap, self._base * 2 ** (number - 1)))
        return max(jittered, retry_after or 0.0)

    def __repr__(self) -> str:
        return f"Retry({self.attempts} attempts, {self._base:g} to {self._cap:g} s)"
