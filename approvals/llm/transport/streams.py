# SPDX-License-Identifier: Apache-2.0
"""Bytes over TCP and TLS, where every single wait is clipped to the deadline of its exchange.

A timeout per read alone is not enough: a server that sends one byte at a time never exceeds it. For the same reason
TLS goes through memory (`ssl.MemoryBIO`): the timeout of a wrapped socket starts anew with every byte under gevent.
"""

import socket
import ssl
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

import httpx

DEADLINE: Final = "deadline"
"""In `httpx.Request.extensions`: an object whose `remaining()` gives the seconds left for the whole exchange."""
READ_BYTES: Final = 16 * 1024
"""Bytes of one read: what a TLS record holds at most."""

type Step = Literal["connect", "write", "read"]
type Stream = TcpStream | TlsStream

_EXCEEDED: Final[dict[Step, tuple[type[httpx.TimeoutException], str]]] = {
    "connect": (httpx.ConnectTimeout, "did not open a connection in time"),
    "write": (httpx.WriteTimeout, "took no more of the request in time"),
    "read": (httpx.ReadTimeout, "sent nothing in time"),
}


class Timeouts:
    """The waits of one request: httpx's extension `timeout`, clipped to the extension `deadline`; both are optional.

    They are read anew for each wait, so that a caller may shorten the deadline meanwhile.
    """

    __slots__ = ("_extensions",)

    def __init__(self, extensions: Mapping[str, Any]) -> None:
        self._extensions = extensions

    def of(self, step: Step) -> float | None:
        """The seconds of one wait, None for no limit. Raises httpx's timeout of the step when no time is left."""
        limit: float | None = self._extensions.get("timeout", {}).get(step)
        deadline = self._extensions.get(DEADLINE)
        if deadline is None:
            return limit
        left: float = deadline.remaining()
        if left <= 0:
            raise self.exceeded(step)
        return left if limit is None or left < limit else limit

    @staticmethod
    def exceeded(step: Step) -> httpx.TimeoutException:
        kind, message = _EXCEEDED[step]
        return kind(message)


class TcpStream:
    """A connected socket. Raises `OSError`, or httpx's timeout of the step."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected

    def receive(self, timeouts: Timeouts, step: Step) -> bytes:
        """The next bytes; empty at the end."""
        self._socket.settimeout(timeouts.of(step))
        try:
            return self._socket.recv(READ_BYTES)
        except (TimeoutError, BlockingIOError):
            raise timeouts.exceeded(step) from None

    def send(self, data: bytes, timeouts: Timeouts, step: Step) -> None:
        left = memoryview(data)
        while left:
            self._socket.settimeout(timeouts.of(step))
            try:
                left = left[self._socket.send(left) :]
            except TimeoutError:
                raise timeouts.exceeded(step) from None

    def close(self) -> None:
        self._socket.close()


class TlsStream:
    """TLS over another stream, which may itself be one (an https proxy). Methods as those of `TcpStream`."""

    def __init__(self, below: Stream, context: ssl.SSLContext, host: str, timeouts: Timeouts) -> None:
        """Shakes hands, and checks that the certificate is for `host`. Raises `ValueError` for an impossible one."""
        self._below = below
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self._run(self._tls.do_handshake, timeouts, "connect")

    def receive(self, timeouts: Timeouts, step: Step) -> bytes:
        try:
            return self._run(lambda: self._tls.read(READ_BYTES), timeouts, step)
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):  # many servers close without TLS's close_notify
            return b""

    def send(self, data: bytes, timeouts: Timeouts, step: Step) -> None:
        self._run(lambda: self._tls.write(data), timeouts, step)

    def close(self) -> None:
        self._below.close()

    def _run[T](self, action: Callable[[], T], timeouts: Timeouts, step: Step) -> T:
        """Do one action of the protocol, carrying bytes between memory and the stream below until it is done."""
        while True:
            try:
                result = action()
            except ssl.SSLWantReadError:
                self._flush(timeouts, step)
                if data := self._below.receive(timeouts, step):
                    self._incoming.write(data)
                else:
                    self._incoming.write_eof()
            else:
                self._flush(timeouts, step)
                return result

    def _flush(self, timeouts: Timeouts, step: Step) -> None:
        if outgoing := self._outgoing.read():
            self._below.send(outgoing, timeouts, step)
