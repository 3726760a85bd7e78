# SPDX-License-Identifier: Apache-2.0
"""Counts the calls under way, so that a process that is told to stop finishes them and takes no new ones."""

import threading
from threading import Lock

from approvals.errors import ApprovalError, ErrorCode
from approvals.llm.deadline import Deadline


class Admission:
    """Counts the calls under way. Use as a context manager around each."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._inside = 0
        self._closed = False
        self._empty = threading.Event()

    @property
    def inside(self) -> int:
        return self._inside

    def __enter__(self) -> None:
        """Raises `shutting_down` once closed."""
        with self._lock:
            if self._closed:
                raise ApprovalError(
                    ErrorCode.SHUTTING_DOWN,
                    "The plugin is shutting down and takes no new calls. Try again in a moment.",
                )
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            last = self._closed and self._inside == 0
        if last:
            self._empty.set()

    def close(self) -> None:
        """Admit no more calls."""
        with self._lock:
            self._closed = True
            last = self._inside == 0
        if last:
            self._empty.set()

    def wait_until_empty(self, deadline: Deadline) -> bool:
        """Once closed, wait until the last call has ended. False if some are still under way at the deadline."""
        return self._empty.wait(timeout=deadline.remaining())

    def __repr__(self) -> str:
        return f"Admission({self._inside} inside{', closed' if self._closed else ''})"
