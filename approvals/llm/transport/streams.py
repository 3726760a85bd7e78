# SPDX-License-Identifier: Apache-2.0
"""Bytes over a socket, where every single wait is clipped to the deadline of the exchange under way."""

import socket
from collections.abc import Callable
from typing import Final, Protocol

READ_BYTES: Final = 16 * 1024
"""For one read: what a TLS record holds at most, and more than an analysis has."""


class Pipe(Protocol):
    """Bytes in both directions: TCP, or TLS over another pipe."""

    def receive(self, seconds: float) -> bytes:
        """The next bytes, after waiting `seconds` at most; empty at the end. Raises `OSError`, `TimeoutError`."""
        ...

    def receive_now(self) -> bytes | None:
        """What is there without waiting: None for nothing, empty when the other side has closed."""
        ...

    def send(self, data: bytes, seconds: float) -> None:
        """Write all of `data`, waiting `seconds` at most for each part. Raises `OSError`, `TimeoutError`."""
        ...

    def close(self) -> None:
        """Close for good."""
        ...


class TcpPipe:
    """A connected socket."""

    def __init__(self, opened: socket.socket, clip: Callable[[float], float]) -> None:
        """`clip` cuts the seconds of one wait to what the deadline leaves, or raises."""
        self._socket = opened
        self._clip = clip

    def receive(self, seconds: float) -> bytes:
        self._socket.settimeout(self._clip(seconds))
        return self._socket.recv(READ_BYTES)

    def receive_now(self) -> bytes | None:
        self._socket.settimeout(0)
        try:
            return self._socket.recv(READ_BYTES)
        except BlockingIOError:
            return None
        except OSError:
            return b""

    def send(self, data: bytes, seconds: float) -> None:
        left = memoryview(data)
        while left:
            self._socket.settimeout(self._clip(seconds))
            left = left[self._socket.send(left) :]

    def close(self) -> None:
        self._socket.close()
