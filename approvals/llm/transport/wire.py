# SPDX-License-Identifier: Apache-2.0
"""One connection: how it is opened, and how every wait on it is held to the deadline of the exchange under way.

A timeout for each read alone is not enough: a server that drips one byte after the other would never run into it.
"""

import socket
import ssl
from dataclasses import dataclass
from typing import Final

from approvals.llm.deadline import Deadline
from approvals.llm.failures import CallFailure, FailureKind
from approvals.llm.transport.dns import Address, addresses_of
from approvals.llm.transport.streams import Pipe, TcpPipe
from approvals.llm.transport.tls import TlsPipe

_ADDRESSES_TRIED: Final = 3


@dataclass(frozen=True, slots=True)
class StepLimits:
    """The longest single waits, in seconds; the deadline clips each. `read` is silence, not the whole reply."""

    connect: float = 5.0
    write: float = 10.0
    read: float = 60.0
    error_text: float = 2.0
    """All the text of an error is worth this much waiting: its status alone already says what to do."""


class Wire:
    """A connection, and how far the exchange on it has come. Raises `CallFailure` for whatever takes too long."""

    def __init__(self, limits: StepLimits) -> None:
        self.peer = ""
        self.is_open = False
        self.sent = False
        self.received = False
        self.ended = False
        self.limits = limits
        self._deadline: Deadline | None = None
        self._pipe: Pipe | None = None

    def begin(self, deadline: Deadline) -> None:
        """A new exchange, to be over by `deadline`."""
        self.hurry(deadline)
        self.sent = self.received = self.ended = False

    def hurry(self, deadline: Deadline) -> None:
        """What is left of this exchange is to be over by `deadline`."""
        self._deadline = deadline

    def clip(self, seconds: float) -> float:
        """The time for one wait. Raises `CallFailure` of kind `deadline` when none is left."""
        if self._deadline is None:
            return seconds
        left = self._deadline.clip(seconds)
        if left <= 0:
            raise self._too_late(self._deadline)
        return left

    def connect(self, host: str, port: int) -> None:
        """Open the connection, to the first address of `host` that accepts one."""
        self.peer = f"{host}:{port}"
        addresses = addresses_of(host, port, self.clip(self.limits.connect))[:_ADDRESSES_TRIED]
        share = self.limits.connect / len(addresses)
        for address in addresses[:-1]:
            try:
                return self._connect(address, share)
            except CallFailure:
                continue
        return self._connect(addresses[-1], share)

    def _connect(self, address: Address, seconds: float) -> None:
        family, where = address
        connection = socket.socket(family, socket.SOCK_STREAM)
        try:
            connection.settimeout(self.clip(seconds))
            connection.connect(where)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            connection.close()
            raise self._unreachable(error, seconds) from None
        except BaseException:
            connection.close()
            raise
        self._pipe = TcpPipe(connection, self.clip)
        self.is_open = True

    def secure(self, context: ssl.SSLContext, host: str) -> None:
        """Put TLS over the connection, after checking that it leads to `host`."""
        seconds = self.limits.connect
        try:
            self._pipe = TlsPipe.over(self._opened(), context, host, seconds)
        except TimeoutError:
            raise self._timed_out(FailureKind.CONNECT, "did not finish the TLS handshake", seconds) from None
        except OSError as error:
            raise self._unreachable(error, seconds) from None

    def read(self) -> bytes:
        """The next bytes; empty at the end. Raises `OSError` when the connection breaks."""
        try:
            data = self._opened().receive(self.limits.read)
        except TimeoutError:
            raise self._timed_out(FailureKind.TIMEOUT, "said nothing", self.limits.read) from None
        except OSError:
            self.ended = True
            raise
        if data:
            self.received = True
        else:
            self.ended = True
        return data

    def write(self, data: bytes) -> None:
        """Send all of `data`, or as much as the other side takes: it may answer before it has read everything."""
        self.sent = True
        try:
            self._opened().send(data, self.limits.write)
        except TimeoutError:
            raise self._timed_out(
                FailureKind.TIMEOUT, "took no more of the request", self.limits.write
            ) from None
        except OSError:
            return  # the read that follows finds the answer, or that there is none

    def has_news(self) -> bool:
        """While idle: has the other side closed, or said something that nobody asked? Then it cannot be used."""
        return self._opened().receive_now() is not None

    def close(self) -> None:
        """Close the connection, if there is one."""
        self.is_open = False
        if self._pipe is not None:
            self._pipe.close()

    def _opened(self) -> Pipe:
        if self._pipe is None:
            raise RuntimeError("this wire was never connected")
        return self._pipe

    def _timed_out(self, kind: FailureKind, what: str, seconds: float) -> CallFailure:
        """The failure for one wait that took too long: the deadline's if it has passed, else of `kind`."""
        if self._deadline is not None and self._deadline.expired:
            return self._too_late(self._deadline)
        return CallFailure(kind, f"{self.peer} {what} for {seconds:g} s. Try again later.")

    def _too_late(self, deadline: Deadline) -> CallFailure:
        how_far = "answered in full" if self.sent else "could be reached"
        return CallFailure(
            FailureKind.DEADLINE,
            f"The deadline of {deadline.seconds:g} s passed before {self.peer} {how_far}. "
            "Try again, or raise deadline_seconds.",
        )

    def _unreachable(self, error: OSError, seconds: float) -> CallFailure:
        if isinstance(error, TimeoutError):
            return self._timed_out(FailureKind.CONNECT, "did not accept a connection", seconds)
        if isinstance(error, ConnectionRefusedError):
            return CallFailure(
                FailureKind.REFUSED,
                f"{self.peer} refused the connection. Check base_url, and that the endpoint is running.",
            )
        return CallFailure(
            FailureKind.CONNECT,
            f"{self.peer} cannot be reached ({error.strerror or type(error).__name__}). "
            "Check base_url, and the network of the machine that runs the plugin.",
        )
