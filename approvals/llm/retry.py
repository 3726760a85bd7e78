# SPDX-License-Identifier: Apache-2.0
"""The one retry loop. Nothing else in this plugin retries a call to the model."""

from collections.abc import Callable
from random import Random

from approvals.clock import Clock
from approvals.llm.deadline import Deadline
from approvals.llm.failures import CallFailure, Effect


class Retry:
    """Exponential waits with full jitter, capped.

    Attempt n is followed by a random part of `base * 2**(n-1)` seconds, or of `cap` if that is less. The whole
    range is used, so that callers who failed together do not come back together ("Exponential Backoff And Jitter",
    AWS Architecture Blog, 2015). Base and cap are those of the OpenAI SDK.
    """

    def __init__(
        self, clock: Clock, random: Random, attempts: int = 4, base: float = 0.5, cap: float = 8.0
    ) -> None:
        self.attempts = attempts
        self._base = base
        self._cap = cap
        self._clock = clock
        self._random = random

    def run[T](self, attempt: Callable[[], T], deadline: Deadline) -> T:
        """Return what `attempt()` returns, the first time or a later one.

        Raises what the last attempt raised, as soon as another one would not help, is one too many, or could
        not start before the deadline.
        """
        number = 1
        while True:
            try:
                return attempt()
            except CallFailure as failure:
                if Effect.RETRY not in failure.kind.effects or number >= self.attempts:
                    raise
                jittered = self._random.uniform(0, min(self._cap, self._base * 2 ** (number - 1)))
                wait = max(jittered, failure.retry_after or 0.0)
                if wait >= deadline.remaining():
                    raise
            self._clock.sleep(wait)
            number += 1

    def __repr__(self) -> str:
        return f"Retry({self.attempts} attempts, {self._base:g} to {self._cap:g} s)"
