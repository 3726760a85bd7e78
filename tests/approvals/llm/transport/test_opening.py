# SPDX-License-Identifier: Apache-2.0
"""Opening a connection within its time, whatever the name service does."""

import socket
import threading
import time
from typing import Any

import httpx
import pytest

from approvals.clock import SystemClock
from approvals.environment import tls_context
from approvals.llm import Deadline
from approvals.llm.transport.opening import open_stream
from approvals.llm.transport.streams import DEADLINE, Timeouts
from tests.approvals.llm.callers import SLACK


def opened(url: str, seconds: float = 5.0) -> None:
    timeouts = Timeouts({DEADLINE: Deadline.after(SystemClock(), seconds), "timeout": {"connect": 2.0}})
    open_stream(httpx.URL(url), None, tls_context(), timeouts).close()


def test_an_address_needs_no_name_service(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    really = socket.getaddrinfo

    def counted(*given: Any, **more: Any) -> Any:
        asked.append(more.get("flags", 0))
        return really(*given, **more)

    monkeypatch.setattr(socket, "getaddrinfo", counted)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        opened(f"http://127.0.0.1:{listener.getsockname()[1]}")

    assert asked == [socket.AI_NUMERICHOST]


def test_a_name_is_looked_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        opened(f"http://localhost:{listener.getsockname()[1]}")


def test_the_next_address_is_tried_when_one_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_server(("127.0.0.1", 0)) as free:
        port, closed = listener.getsockname()[1], free.getsockname()[1]
        free.close()
        found = [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", to)) for to in (closed, closed, port)
        ]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_given, **_more: found)

        opened("http://name.example")


def test_a_name_that_does_not_exist_is_a_connect_error() -> None:
    with pytest.raises(httpx.ConnectError) as caught:
        opened("http://no-such-host.invalid")
    assert isinstance(caught.value.__cause__, socket.gaierror)


def test_a_name_service_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    really = socket.getaddrinfo

    def hanging(host: str, port: int, *given: Any, **more: Any) -> Any:
        if more.get("flags"):
            return really(host, port, *given, **more)
        over.wait(10)
        raise socket.gaierror(socket.EAI_AGAIN, "too late")

    monkeypatch.setattr(socket, "getaddrinfo", hanging)
    started = time.monotonic()
    with pytest.raises(httpx.ConnectError, match=r"no answer from the name service within 0\.1 s"):
        opened("http://slow.example", 0.1)
    assert time.monotonic() - started < 0.1 + SLACK
    over.set()
