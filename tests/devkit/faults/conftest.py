# SPDX-License-Identifier: Apache-2.0
"""An echo server, and a proxy in front of it."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from random import Random

import pytest

from devkit.faults import FaultProxy

Connect = Callable[[], socket.socket]


class EchoServer:
    """Sends back what it gets, and remembers it. Ends its side when the client has ended its own."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address: tuple[str, int] = self._listener.getsockname()
        self.heard = b""
        self.endings: list[str] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def stop(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client = self._listener.accept()[0]
                self._threads.append(threading.Thread(target=self._echo, args=(client,), daemon=True))
                self._threads[-1].start()

    def _echo(self, client: socket.socket) -> None:
        with client:
            client.settimeout(10)
            try:
                while data := client.recv(65536):
                    self.heard += data
                    client.sendall(data)
                self.endings.append("closed")
            except OSError as error:
                self.endings.append(type(error).__name__)


@pytest.fixture
def echo() -> Iterator[EchoServer]:
    server = EchoServer()
    yield server
    server.stop()


@pytest.fixture
def proxy(echo: EchoServer) -> Iterator[FaultProxy]:
    with FaultProxy(echo.address, random=Random(7)) as running:
        yield running


@pytest.fixture
def connect(proxy: FaultProxy) -> Iterator[Connect]:
    """Opens connections through the proxy, and closes them at the end of the test."""
    opened: list[socket.socket] = []

    def open_one() -> socket.socket:
        opened.append(socket.create_connection((proxy.host, proxy.port), timeout=5))
        return opened[-1]

    yield open_one
    for connection in opened:
        connection.close()
