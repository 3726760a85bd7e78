# SPDX-License-Identifier: Apache-2.0
"""Each scripted connection fault is seen by a client on a bare socket exactly as it is described."""

import json
import socket
import time
from collections.abc import Iterator

import pytest

from devkit.llm_stub import LlmStub, Outcome

from .calls import chat, post

BODY = json.dumps(chat()).encode()
CALL = b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(BODY), BODY)


@pytest.fixture
def client(stub: LlmStub) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", stub.port), timeout=5) as connection:
        yield connection


def all_of(client: socket.socket) -> bytes:
    """Everything until the other side closes in good order."""
    received = b""
    while data := client.recv(65536):
        received += data
    return received


def length_in(head: bytes) -> int:
    return int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])


def still_answers(stub: LlmStub) -> bool:
    return post(stub).status_code == 200 and stub.requests.in_flight == 0


def test_a_reset_comes_before_any_byte(stub: LlmStub, client: socket.socket) -> None:
    stub.script(Outcome.RESET_BEFORE)
    client.sendall(CALL)

    with pytest.raises(ConnectionResetError):
        client.recv(1)
    assert still_answers(stub)


def test_a_reset_comes_in_the_body(stub: LlmStub, client: socket.socket) -> None:
    stub.script(Outcome.RESET_IN_BODY)
    client.sendall(CALL)

    head, _, body = client.recv(65536).partition(b"\r\n\r\n")
    assert 0 < len(body) < length_in(head)
    with pytest.raises(ConnectionResetError):
        client.recv(1)
    assert still_answers(stub)


def test_a_hang_says_nothing_until_the_client_leaves(stub: LlmStub, client: socket.socket) -> None:
    stub.script(Outcome.HANG)
    client.settimeout(0.3)
    client.sendall(CALL)

    with pytest.raises(TimeoutError):
        client.recv(1)
    assert stub.requests.in_flight == 1
    client.close()
    limit = time.monotonic() + 5
    while stub.requests.in_flight and time.monotonic() < limit:
        time.sleep(0.01)
    assert still_answers(stub)


def test_a_drip_sends_the_head_and_then_single_bytes(stub: LlmStub, client: socket.socket) -> None:
    stub.script(Outcome.DRIP, seconds=0.1)
    client.sendall(CALL)
    assert client.recv(65536).endswith(b"\r\n\r\n")
    started = time.monotonic()

    assert b"".join(client.recv(1) for _ in range(4)) == b'{"id'
    assert time.monotonic() - started > 0.29


def test_a_drip_can_begin_with_the_head(stub: LlmStub, client: socket.socket) -> None:
    stub.script(Outcome.DRIP_HEAD, seconds=0.1)
    started = time.monotonic()
    client.sendall(CALL)

    assert b"".join(client.recv(1) for _ in range(4)) == b"HTTP"
    assert time.monotonic() - started > 0.39


def test_a_drip_that_ends_leaves_the_connection_usable(stub: LlmStub, client: socket.socket) -> None:
    stub.script(Outcome.DRIP, seconds=0)
    client.sendall(CALL)
    received = b""
    while b"\r\n\r\n" not in received or len(received.partition(b"\r\n\r\n")[2]) < length_in(received):
        received += client.recv(65536)
    client.sendall(CALL)

    assert client.recv(65536).startswith(b"HTTP/1.1 200")
    assert stub.requests.connections == 1


def test_a_slow_close_keeps_the_client_waiting_for_the_end(stub: LlmStub, client: socket.socket) -> None:
    stub.script(Outcome.SLOW_CLOSE, seconds=0.3)
    client.sendall(CALL)
    head, _, body = client.recv(65536).partition(b"\r\n\r\n")
    client.settimeout(0.1)

    assert b"content-length" not in head.lower()
    assert json.loads(body)["object"] == "chat.completion"
    with pytest.raises(TimeoutError):
        client.recv(1)
    client.settimeout(5)
    assert client.recv(1) == b""


def test_half_a_reply_ends_in_good_order_too_soon(stub: LlmStub, client: socket.socket) -> None:
    stub.script(Outcome.HALF_REPLY)
    client.sendall(CALL)
    head, _, body = all_of(client).partition(b"\r\n\r\n")

    assert len(body) == length_in(head) // 2
    assert still_answers(stub)


def test_a_huge_reply_has_the_size_it_was_told(stub: LlmStub) -> None:
    stub.script(Outcome.HUGE_REPLY)

    assert len(post(stub, seconds=20).content) == 50_000_000
    stub.script(Outcome.HUGE_REPLY, size=70_001)
    assert len(post(stub).content) == 70_001


def test_a_client_may_leave_a_huge_reply(stub: LlmStub, client: socket.socket) -> None:
    stub.script(Outcome.HUGE_REPLY)
    client.sendall(CALL)

    assert b"Transfer-Encoding: chunked" in client.recv(65536)
    client.close()
    limit = time.monotonic() + 5
    while stub.requests.in_flight and time.monotonic() < limit:
        time.sleep(0.01)
    assert still_answers(stub)


def test_stopping_ends_even_a_hang(stub: LlmStub, client: socket.socket) -> None:
    stub.always(Outcome.HANG)
    client.sendall(CALL)
    while not stub.requests.count:
        time.sleep(0.01)
    stub.stop()

    assert client.recv(1) == b""
