# SPDX-License-Identifier: Apache-2.0
"""One client connection: bytes in, requests to the endpoint, replies out, one at a time."""

import asyncio
import ipaddress
import socket
import struct
from contextlib import suppress
from typing import Final, cast

from approvals.clock import Clock
from approvals.text.json_text import json_bytes
from devkit.llm_stub.completion import error
from devkit.llm_stub.delivery import DELIVERIES
from devkit.llm_stub.endpoint import Endpoint
from devkit.llm_stub.http_request import (
    BODY_LIMIT,
    HEAD_LIMIT,
    BadRequestError,
    HttpRequest,
    Unfinished,
    take_request,
)
from devkit.llm_stub.received import ReceivedRequest, RequestLog
from devkit.llm_stub.reply import Reply
from devkit.llm_stub.script import Rule

_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)
_CONTROL_PREFIX: Final = "/__"


class Connection(asyncio.Protocol):
    """Serves one client until either side leaves."""

    def __init__(
        self, endpoint: Endpoint, log: RequestLog, clock: Clock, established: set["Connection"]
    ) -> None:
        """`established`: where the connection enters itself for as long as it lasts."""
        self._endpoint, self._log, self._clock, self._established = endpoint, log, clock, established
        self._buffer = bytearray()
        self._answering = False
        self._logged = False
        self._last = False
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._may_write = asyncio.Event()
        self._may_write.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._loop = asyncio.get_running_loop()
        self._established.add(self)
        self._log.connections += 1
        self._number = self._log.connections

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer:
            self._timer.cancel()
        if self._task:
            self._task.cancel()
        self._count_as_answered()
        self._established.discard(self)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._answering:
            self._next()
        elif len(self._buffer) > HEAD_LIMIT + BODY_LIMIT:
            self.abort()

    def pause_writing(self) -> None:
        self._may_write.clear()

    def resume_writing(self) -> None:
        self._may_write.set()

    # The wire, as a delivery sees it.

    def write(self, data: bytes) -> None:
        self._transport.write(data)

    async def drained(self) -> None:
        await self._may_write.wait()

    def close(self) -> None:
        self._transport.close()

    def reset(self) -> None:
        with suppress(OSError):
            client = self._transport.get_extra_info("socket")
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self._transport.abort()

    def abort(self) -> None:
        """Close at once, whatever is under way."""
        self._transport.abort()

    def _next(self) -> None:
        try:
            request = take_request(self._buffer)
        except BadRequestError as fault:
            self._answering = self._last = True
            self._send(Reply(fault.status, json_bytes(error(str(fault), "invalid_request_error"))))
            return
        if isinstance(request, Unfinished):
            if request.expects_go_ahead:
                self.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            return
        self._answering, self._last = True, request.close
        if request.target.startswith(_CONTROL_PREFIX):
            self._send(self._controlled(request))
        else:
            self._answer(request)

    def _answer(self, request: HttpRequest) -> None:
        came, log = self._loop.time(), self._log
        log.count += 1
        received = ReceivedRequest(
            log.count,
            self._number,
            self._clock.monotonic(),
            request.method,
            request.target,
            request.head,
            request.body,
        )
        log.begin(received)
        self._logged = True
        reply = self._endpoint.reply(received)
        if reply.delay > 0:
            # From its arrival on: what it takes to make the reply up is a part of the latency, not more of it.
            self._timer = self._loop.call_at(came + reply.delay, self._send, reply)
        else:
            self._send(reply)

    def _controlled(self, request: HttpRequest) -> Reply:
        peer = self._transport.get_extra_info("peername")
        from_here = peer is not None and ipaddress.ip_address(peer[0]).is_loopback
        # A web page in a browser on this machine reaches the loopback too, and says where it comes from.
        if not from_here or b"\r\norigin:" in request.head.lower():
            return Reply(
                403, json_bytes(error("Only programs on this machine may do this.", "permission_error"))
            )
        return self._endpoint.control(request.method, request.target, request.body)

    def _send(self, reply: Reply) -> None:
        if reply.fault:
            self._task = self._loop.create_task(self._send_badly(reply, reply.fault))
            return
        self._count_as_answered()  # first, so that a client that has its reply finds itself counted
        self.write(reply.measured_head(close=self._last) + reply.body)
        self._go_on()

    async def _send_badly(self, reply: Reply, fault: Rule) -> None:
        await DELIVERIES[fault.outcome](self, reply, fault)
        self._count_as_answered()
        self._go_on()

    def _count_as_answered(self) -> None:
        if self._logged:
            self._log.end()
        self._logged = False

    def _go_on(self) -> None:
        self._answering = False
        if self._last:
            self.close()
        elif self._buffer and not self._transport.is_closing():
            self._next()
