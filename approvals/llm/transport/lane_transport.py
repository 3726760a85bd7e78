# SPDX-License-Identifier: Apache-2.0
"""An httpx transport over lanes: connections that are each used by one exchange at a time, kept in a stack.

httpx's own pool looks at every idle connection for every request, which under gevent costs a poll each; a killed
greenlet can leave it without free places; and it cannot bound a whole exchange. Here the connection used last is used
first, so that only as many stay warm as the load needs, and one that failed in any way is closed.
"""

import ssl
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import httpx

from approvals.clock import Clock
from approvals.llm.transport.connection import Connection
from approvals.llm.transport.opening import IsPublic, authorization, open_stream
from approvals.llm.transport.streams import Timeouts

FRESH: Final = "fresh_connection"
"""In `httpx.Request.extensions`: use a new connection, and close the idle ones (the server was restarted)."""

type Origin = tuple[bytes, bytes, int | None]
"""Scheme, host and port of the URLs that a connection serves."""
type Fields = Sequence[tuple[bytes, bytes]]
"""Header fields, as `httpx.Headers.raw` has them."""


class LaneTransport(httpx.BaseTransport):
    """Sends requests over HTTP/1.1. There is no bound on connections: the caller bounds its requests.

    Honours the request extensions `timeout`, `deadline` (see `Timeouts`) and `fresh_connection`. Redirects are not
    followed. Raises httpx's exceptions.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        context: ssl.SSLContext,
        proxy: httpx.Proxy | None = None,
        max_idle_seconds: float = 20.0,
        is_public: IsPublic | None = None,
    ) -> None:
        """`max_idle_seconds`: drop connections idle for longer, before the server or a firewall does.

        `is_public`: refuse to connect to an address for which it is False.
        """
        self._clock = clock
        self._context = context
        self._proxy = proxy
        self._max_idle = max_idle_seconds
        self._is_public = is_public
        self._idle: deque[tuple[Origin, Connection]] = deque()  # in the order of their last use
        self._closed = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if not isinstance(request.stream, httpx.SyncByteStream):
            raise TypeError("the request must be a synchronous one")
        fields, body = request.headers.raw, b"".join(request.stream)
        reply = self.send(request.method, request.url, fields, body, request.extensions)
        return httpx.Response(reply.status, headers=reply.headers, stream=reply)

    def send(
        self, method: str, url: httpx.URL, fields: Fields, body: bytes, extensions: Mapping[str, Any]
    ) -> "LaneReply":
        """What `handle_request` does, without httpx's request and response: a quarter less CPU time per call."""
        timeouts = Timeouts(extensions)
        head = self._head(method, url, fields)
        if extensions.get(FRESH):
            self.close_idle()
        origin = (url.raw_scheme, url.raw_host, url.port)
        connection = self._take(origin)
        if connection is None:
            connection = Connection(open_stream(url, self._proxy, self._context, timeouts, self._is_public))
        try:
            reply = connection.send(head, body, timeouts)
        except BaseException:
            connection.close()
            raise
        return LaneReply(reply.status, reply.headers, connection, timeouts, origin, self)

    def close(self) -> None:
        """Close the idle connections now, and each of those in use after its reply."""
        self._closed = True
        self.close_idle()

    def close_idle(self) -> None:
        while self._idle:
            with suppress(IndexError):  # another thread was quicker
                self._idle.pop()[1].close()

    def give_back(self, origin: Origin, connection: Connection) -> None:
        """Keep `connection` for the next request if it can serve one; close the one idle for longest if too long."""
        if not connection.reusable:
            connection.close()
            return
        connection.idle_since = self._clock.monotonic()
        self._idle.append((origin, connection))
        if self._closed:
            self.close_idle()
        try:
            if self._is_expired(self._idle[0][1]):
                self._idle.popleft()[1].close()
        except IndexError:  # another thread took it
            return

    def _take(self, origin: Origin) -> Connection | None:
        """The idle connection used last that can still be used; those found dead on the way are closed."""
        while self._idle:
            try:
                leads_to, connection = self._idle.pop()
            except IndexError:  # another thread was quicker
                break
            if leads_to == origin and not self._is_expired(connection) and not connection.is_stale():
                return connection
            connection.close()
        return None

    def _is_expired(self, connection: Connection) -> bool:
        return self._clock.monotonic() - connection.idle_since > self._max_idle

    def _head(self, method: str, url: httpx.URL, fields: Fields) -> bytes:
        """Request line and headers. Raises `httpx.LocalProtocolError` for a line break inside one."""
        target, login = url.raw_path, b""
        if self._proxy and url.scheme == "http":
            target, login = str(url).encode("ascii"), authorization(self._proxy)
        lines = b"".join([b"%b: %b\r\n" % field for field in fields])
        if lines.count(b"\n") != len(fields) or lines.count(b"\r") != len(fields):
            raise httpx.LocalProtocolError("a header holds a line break")
        return b"%b %b HTTP/1.1\r\n%b%b\r\n" % (method.encode("ascii"), target, lines, login)

    def __repr__(self) -> str:
        return f"LaneTransport({len(self._idle)} idle)"


@dataclass(slots=True, eq=False)
class LaneReply(httpx.SyncByteStream):
    """A reply whose body, not decoded yet, is still to be read; its connection is given back when it is closed."""

    status: int
    headers: Fields
    _connection: Connection
    _timeouts: Timeouts
    _origin: Origin
    _transport: LaneTransport | None

    def __iter__(self) -> Iterator[bytes]:
        return self._connection.body(self._timeouts)

    def close(self) -> None:
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.give_back(self._origin, self._connection)
