# SPDX-License-Identifier: Apache-2.0
"""MySQL's driver with the time limit of the call on every wait, and keep-alives that notice a lost peer."""

import socket

from pymysql.connections import Connection

from approvals.store.sql.backends import (
    CONNECT_SECONDS,
    KEEPALIVE_IDLE_SECONDS,
    KEEPALIVE_INTERVAL_SECONDS,
    KEEPALIVE_PROBES,
    UNACKNOWLEDGED_MILLISECONDS,
)
from approvals.store.sql.host_names import addresses_of
from approvals.store.sql.time_limit import CALL_SECONDS, seconds_left

_SHORTEST = 0.001  # to a socket, 0 means not to wait and not that the time is up

_OPTIONS = (
    (socket.IPPROTO_TCP, "TCP_NODELAY", 1),
    (socket.SOL_SOCKET, "SO_KEEPALIVE", 1),
    (socket.IPPROTO_TCP, "TCP_KEEPIDLE", KEEPALIVE_IDLE_SECONDS),
    (socket.IPPROTO_TCP, "TCP_KEEPINTVL", KEEPALIVE_INTERVAL_SECONDS),
    (socket.IPPROTO_TCP, "TCP_KEEPCNT", KEEPALIVE_PROBES),
    (socket.IPPROTO_TCP, "TCP_USER_TIMEOUT", UNACKNOWLEDGED_MILLISECONDS),
)


class LimitedConnection(Connection):  # type: ignore[misc] # PyMySQL is not annotated
    """A connection each of whose waits ends when the call's time is up; PyMySQL then closes it."""

    def connect(self, sock: socket.socket | None = None) -> None:
        """Connect and log in."""
        super().connect(sock if sock or self.unix_socket else self._connected())

    def _connected(self) -> socket.socket:
        """A socket that is connected to the first address that takes it. Raises `OSError`."""
        failure: OSError = OSError(f"the name {self.host!r} has no address")
        for address in addresses_of(self.host, self.port, CONNECT_SECONDS):
            try:
                connected = socket.create_connection((address, self.port), _waiting(CONNECT_SECONDS))
            except OSError as error:
                failure = error
            else:
                for level, name, value in _OPTIONS:
                    if hasattr(socket, name):  # some systems lack some of them
                        connected.setsockopt(level, getattr(socket, name), value)
                return connected
        raise failure

    # PyMySQL reads and writes the socket in these two methods alone; its own limits do not end with the call.
    def _read_bytes(self, num_bytes: int) -> bytes:
        if self._sock is not None:
            self._sock.settimeout(_waiting(CALL_SECONDS))
        data: bytes = super()._read_bytes(num_bytes)
        return data

    def _write_bytes(self, data: bytes) -> None:
        self._write_timeout = _waiting(CALL_SECONDS)
        super()._write_bytes(data)


def _waiting(at_most: float) -> float:
    return max(seconds_left(at_most), _SHORTEST)
