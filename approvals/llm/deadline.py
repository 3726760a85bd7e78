# SPDX-License-Identifier: Apache-2.0
"""One deadline over everything a call does: waiting, sending, reading, retrying."""

from approvals.clock import Clock
from approvals.errors import ApprovalError, ErrorCode


class Deadline:
    """A point on the monotonic clock that no step may pass. Immutable, so it is shared freely between steps."""

    __slots__ = ("_clock", "_ends_at", "seconds")

    def __init__(self, clock: Clock, seconds: float) -> None:
        """`seconds` from now; zero or less means it has already passed."""
        self.seconds = seconds
        self._clock = clock
        self._ends_at = clock.monotonic() + seconds

    @classmethod
    def after(cls, clock: Clock, seconds: float) -> "Deadline":
        """The deadline `seconds` from now on `clock`."""
        return cls(clock, seconds)

    def remaining(self) -> float:
        """Seconds left, never below 0.0."""
        left = self._ends_at - self._clock.monotonic()
        return max(0.0, left)

    @property
    def expired(self) -> bool:
        return self._clock.monotonic() >= self._ends_at

    def clip(self, seconds: float) -> float:
        """`seconds`, or what is left if that is less: the timeout for one blocking step."""
        return min(seconds, self.remaining())

    def within(self, seconds: float) -> "Deadline":
        """The same deadline, or the one `seconds` from now if that comes first."""
        return Deadline(self._clock, self.clip(seconds))

    def check(self) -> None:
        """Raise `deadline_exceeded` once no time is left."""
        if self.expired:
            raise ApprovalError(
                ErrorCode.DEADLINE_EXCEEDED,
                f"The deadline of {self.seconds:g} s has passed. Try again, or raise deadline_seconds.",
            )

    def __repr__(self) -> str:
        return f"Deadline({self.remaining():.3f} s left of {self.seconds:g})"
