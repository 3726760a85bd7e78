# SPDX-License-Identifier: Apache-2.0
"""A bound on how many run at once: first come, first served, and nobody waits past the deadline."""

from approvals.errors import ApprovalError, ErrorCode
from approvals.fifo_semaphore import FifoSemaphore
from approvals.llm.deadline import Deadline


class Gate:
    """At most `size` inside at a time."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._places = FifoSemaphore(size)

    def enter(self, deadline: Deadline) -> None:
        """Go in, waiting in line if need be. Raises `deadline_exceeded`."""
        if not self._places.acquire(deadline.remaining()):
            raise ApprovalError(
                ErrorCode.DEADLINE_EXCEEDED,
                f"All {self.size} connections to the model were busy until the deadline of "
                f"{deadline.seconds:g} s. Try again, or raise max_concurrency or deadline_seconds.",
            )

    def leave(self) -> None:
        """Make room: for the one who has waited longest, if anyone waits."""
        self._places.release()

    @property
    def inside(self) -> int:
        return self._places.in_use

    @property
    def waiting(self) -> int:
        return self._places.waiting

    def __repr__(self) -> str:
        return f"Gate({self.inside} of {self.size} inside, {self.waiting} waiting)"
