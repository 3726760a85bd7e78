# SPDX-License-Identifier: Apache-2.0
"""One connection: a request goes out, its reply comes in, one exchange at a time."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Final

import httpx

from approvals.llm.transport.reply_parser import ReplyParser
from approvals.llm.transport.streams import Stream, Timeouts

REPLY_LIMIT: Final = 8 * 1024 * 1024
"""Bytes on the wire, framing included. A larger reply is not read to its end."""
_NO_WAIT: Final = Timeouts({"timeout": {"read": 0.0}})


class StaleConnectionError(httpx.ReadError):
    """A connection used before was closed before a byte of the reply came: the other side had nearly always hung up."""


class ReplyTooLargeError(httpx.RemoteProtocolError):
    """The reply is larger than the limit."""


class Connection:
    """Sends requests over `stream`. Raises httpx's exceptions.

    `reusable` is True between exchanges when the last one ended and left nothing behind.
    """

    def __init__(self, stream: Stream) -> None:
        self.reusable = False
        self.idle_since = 0.0
        self._stream = stream
        self._parser = ReplyParser()
        self._exchanges = 0
        self._received = 0

    def send(self, head: bytes, body: bytes, timeouts: Timeouts) -> ReplyParser:
        """Send a request and read the head of the reply, whose status and headers the parser holds."""
        self.reusable = False
        self._received = 0
        self._parser.expect_reply()
        with suppress(OSError):  # a server may reply before it has read everything: the read finds out
            self._stream.send(head + body, timeouts, "write")
        while not self._parser.head_complete:
            self._read(timeouts)
        return self._parser

    def body(self, timeouts: Timeouts) -> Iterator[bytes]:
        """The body of the reply, piece by piece, to its end."""
        parser = self._parser
        while True:
            pieces, parser.body = parser.body, []
            yield from pieces
            if parser.complete:
                break
            self._read(timeouts)
        self._exchanges += 1
        self.reusable = parser.reusable

    def is_stale(self) -> bool:
        """While idle: the other side has closed the connection, or sent bytes that nobody asked for."""
        try:
            self._stream.receive(_NO_WAIT, "read")
        except httpx.ReadTimeout:
            return False
        except OSError:
            return True
        return True

    def close(self) -> None:
        self._stream.close()

    def _read(self, timeouts: Timeouts) -> None:
        try:
            data = self._stream.receive(timeouts, "read")
        except OSError as error:
            if "CERTIFICATE_REQUIRED" in (getattr(error, "reason", None) or ""):
                # TLS 1.3 says so only after the handshake.
                raise httpx.ConnectError("asks for a client certificate") from error
            raise self._lost() from error
        if data:
            self._received += len(data)
            if self._received > REPLY_LIMIT:
                raise ReplyTooLargeError(f"a reply of more than {REPLY_LIMIT:,} bytes")
            self._parser.feed(data)
        elif not self._parser.finish():
            raise self._lost()

    def _lost(self) -> httpx.ReadError:
        if self._received:
            return httpx.ReadError("hung up in the middle of its answer")
        kind = StaleConnectionError if self._exchanges else httpx.ReadError
        return kind("hung up without an answer")
