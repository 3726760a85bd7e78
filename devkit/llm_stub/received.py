# SPDX-License-Identifier: Apache-2.0
"""The requests that the stub got, for tests to look at: the last ones in full, and how many there were."""

import json
import re
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

KEPT: Final = 1_000
KEPT_BYTES: Final = 64_000_000


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """One request, whole. Its repr leaves out what could be secret."""

    number: int
    """Counts from 1 over the life of the log."""
    connection: int
    """Which connection it came over, counted from 1: two requests with the same number shared one."""
    at: float
    """Seconds of the stub's monotonic clock when its last byte had come."""
    method: str
    target: str
    head: bytes = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """Every header as it was sent, in order."""
        lines = self.head.decode("latin-1").split("\r\n")[1:]
        pairs = (line.partition(":") for line in lines)
        return tuple((name, value.strip()) for name, _, value in pairs)

    def header(self, name: str) -> str:
        """The first header of that name in any case; empty when there is none."""
        found = re.search(rb"\r\n%b:([^\r\n]*)" % re.escape(name.encode()), self.head, re.IGNORECASE)
        return found[1].decode("latin-1").strip() if found else ""

    @property
    def json(self) -> Any:
        """The body, parsed anew at each call. Raises `ValueError`."""
        return json.loads(self.body)


class RequestLog:
    """The last 1,000 requests (64 MB of bodies at most), oldest first, and counts over all of them.

    Control requests are not among them. Safe to read while the stub is answering.
    """

    def __init__(self, kept: int = KEPT) -> None:
        self._lock = threading.Lock()
        self._kept = kept
        self._requests: deque[ReceivedRequest] = deque()
        self._bytes = 0
        self.count = 0
        """Requests so far."""
        self.in_flight = 0
        """Requests now being answered."""
        self.max_in_flight = 0
        self.connections = 0
        """Connections accepted so far."""

    def __repr__(self) -> str:
        over = f"{self.count} requests over {self.connections} connections"
        return f"<RequestLog {over}, {self.in_flight} in flight>"

    def __len__(self) -> int:
        return len(self._requests)

    def __iter__(self) -> Iterator[ReceivedRequest]:
        with self._lock:
            return iter(tuple(self._requests))

    def __getitem__(self, place: int) -> ReceivedRequest:
        with self._lock:
            return self._requests[place]

    def clear(self) -> None:
        """Forget the requests and count anew; connections, and requests in flight, stay counted."""
        with self._lock:
            self._requests.clear()
            self._bytes = self.count = 0
            self.max_in_flight = self.in_flight

    def begin(self, request: ReceivedRequest) -> None:
        """A request has come in full."""
        with self._lock:
            self.in_flight += 1
            self.max_in_flight = max(self.max_in_flight, self.in_flight)
            self._requests.append(request)
            self._bytes += len(request.body)
            while len(self._requests) > self._kept or self._bytes > KEPT_BYTES:
                self._bytes -= len(self._requests.popleft().body)

    def end(self) -> None:
        """A request is answered, or its connection is gone."""
        with self._lock:
            self.in_flight -= 1
