# SPDX-License-Identifier: Apache-2.0
"""The stub's HTTP holds for clients that are slow, hasty, old or hostile."""

import asyncio
import json
import socket
from collections.abc import Iterator
from typing import cast

import pytest

from approvals.clock import SystemClock
from devkit.llm_stub import LlmStub
from devkit.llm_stub.connection import Connection
from devkit.llm_stub.endpoint import Endpoint
from devkit.llm_stub.received import RequestLog
from devkit.llm_stub.reply import Reply

from .calls import chat

BODY = json.dumps(chat()).encode()
HEAD = b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n" % len(BODY)


@pytest.fixture
def client(stub: LlmStub) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", stub.port), timeout=5) as connection:
        yield connection


def received(client: socket.socket, replies: int = 1) -> bytes:
    """Bytes until that many status lines have come, or the end."""
    data = b""
    while data.count(b'"usage"') < replies and (more := client.recv(65536)):
        data += more
    return data


def test_a_request_may_come_byte_by_byte(stub: LlmStub, client: socket.socket) -> None:
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for place in range(len(HEAD)):
        client.sendall(HEAD[place : place + 1])
    client.sendall(b"\r\n" + BODY[:10])
    client.sendall(BODY[10:])

    assert received(client).startswith(b"HTTP/1.1 200 OK\r\n")
    assert stub.requests[-1].body == BODY


def test_requests_sent_at_once_are_answered_in_turn(stub: LlmStub, client: socket.socket) -> None:
    client.sendall((HEAD + b"\r\n" + BODY) * 3)

    assert received(client, 3).count(b"HTTP/1.1 200 OK") == 3
    assert (stub.requests.connections, stub.requests.max_in_flight) == (1, 1)


@pytest.mark.parametrize("head", [HEAD + b"Connection: close\r\n", HEAD.replace(b"HTTP/1.1", b"HTTP/1.0")])
def test_a_client_that_wants_no_more_is_left(client: socket.socket, head: bytes) -> None:
    client.sendall(head + b"\r\n" + BODY)

    assert b"Connection: close" in received(client)
    assert client.recv(1) == b""


def test_a_client_that_waits_for_it_is_told_to_go_ahead(client: socket.socket) -> None:
    client.sendall(HEAD + b"Expect: 100-continue\r\n\r\n")
    assert client.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
    client.sendall(BODY)

    assert received(client).startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"hello\r\n\r\n", b"400"),
        (b"GET / HTTP/2\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", b"411"),
        (b"POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", b"413"),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000, b"431"),
    ],
)
def test_what_cannot_be_read_is_refused_and_the_connection_closed(
    client: socket.socket, sent: bytes, status: bytes
) -> None:
    client.sendall(sent)

    answer = client.recv(65536)
    assert answer.startswith(b"HTTP/1.1 " + status)
    assert b"invalid_request_error" in answer


def test_a_client_that_leaves_early_is_forgotten(stub: LlmStub) -> None:
    for sent in (b"", HEAD, HEAD + b"\r\n" + BODY):
        with socket.create_connection(("127.0.0.1", stub.port)) as client:
            client.sendall(sent)
    with socket.create_connection(("127.0.0.1", stub.port), timeout=5) as client:
        client.sendall(HEAD + b"\r\n" + BODY)
        assert received(client).startswith(b"HTTP/1.1 200 OK")

    assert stub.requests.in_flight == 0


class SlowDay:
    """An event loop and an endpoint in one: to make a reply up takes it 30 ms."""

    def __init__(self) -> None:
        self.now = 100.0
        self.sends_at: list[float] = []

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, *_: object) -> None:
        self.sends_at.append(when)

    def call_later(self, delay: float, *_: object) -> None:
        self.call_at(self.now + delay)

    def reply(self, _request: object) -> Reply:
        self.now += 0.03
        return Reply(200, b"{}", delay=0.038)


def test_the_latency_counts_from_the_request_and_not_from_when_its_reply_was_made_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    day = SlowDay()
    monkeypatch.setattr(asyncio, "get_running_loop", lambda: day)
    connection = Connection(cast("Endpoint", day), RequestLog(), SystemClock(), set())
    connection.connection_made(asyncio.Transport())

    connection.data_received(HEAD + b"\r\n" + BODY)

    assert day.sends_at == [pytest.approx(100.038)]
