# SPDX-License-Identifier: Apache-2.0
"""A real server on the loopback that plays a script, byte by byte, one step for each request that comes in."""

import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

RESET_ON_CLOSE = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Received:
    """One request as the server saw it. Header names are in lower case."""

    path: str
    headers: Mapping[str, str]
    body: Any


class Conversation:
    """The server's end of one connection."""

    def __init__(self, connection: socket.socket, over: threading.Event) -> None:
        self.connection = connection
        self.over = over
        self._unread = b""

    def next_request(self) -> Received | None:
        while b"\r\n\r\n" not in self._unread:
            data = self.connection.recv(65_536)
            if not data:
                return None
            self._unread += data
        head, _, rest = self._unread.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        length = int(headers.get("content-length", "0"))
        while len(rest) < length:
            rest += self.connection.recv(65_536)
        self._unread = rest[length:]
        body = json.loads(rest[:length]) if length else None
        return Received(first.split(" ")[1], headers, body)

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def pause(self, seconds: float) -> bool:
        """Wait, unless the test is over."""
        return not self.over.wait(seconds)

    def reset(self) -> None:
        """Make the close that follows a reset."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)


Step = Callable[[Conversation], bool]
"""Plays one answer; True to go on with the connection, False to close it."""


class ScriptedEndpoint:
    """Answers request n with step n of the script, and with a good completion when the script is at its end."""

    def __init__(self, *script: Step, context: ssl.SSLContext | None = None) -> None:
        self.script = list(script)
        self.received: list[Received] = []
        self.connections = 0
        self._context = context
        self._over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port: int = self._listener.getsockname()[1]
        self._threads: list[threading.Thread] = []
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()

    @property
    def base_url(self) -> str:
        return f"{'https' if self._context else 'http'}://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self.hang_up()
        self._listener.close()
        for thread in self._threads:
            thread.join(5)

    def hang_up(self) -> None:
        """Close every connection, idle or not, as a server does that is restarted."""
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _start(self, work: Callable[..., None], *given: Any) -> None:
        thread = threading.Thread(target=work, args=given, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._start(self._serve, connection)

    def _serve(self, raw: socket.socket) -> None:
        raw.settimeout(20)
        connection = raw
        try:
            if self._context:
                connection = self._context.wrap_socket(raw, server_side=True)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._open.add(connection)
            self._converse(Conversation(connection, self._over))
        except OSError:
            pass  # the client hung up, as many of these tests want it to
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()
            raw.close()

    def _converse(self, conversation: Conversation) -> None:
        while request := conversation.next_request():
            with self._lock:
                self.received.append(request)
                step = self.script.pop(0) if self.script else good()
            if not step(conversation):
                return


USAGE = {"prompt_tokens": 100, "completion_tokens": 20}


def completion(text: str = "fine", **changes: Any) -> dict[str, Any]:
    """A chat completion as endpoints send it; `changes` replace or, with None, drop its fields."""
    document = {
        "id": "c-1",
        "model": "deepseek-v3.2",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": USAGE,
        **changes,
    }
    return {name: value for name, value in document.items() if value is not None}


def http(status: int, body: bytes, headers: Mapping[str, str] | None = None) -> bytes:
    """A whole reply, with a Content-Length unless `headers` has one."""
    lines = {"Content-Type": "application/json", "Content-Length": str(len(body)), **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} Whatever\r\n{head}\r\n".encode() + body


def answer(document: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Step:
    """`document` as JSON, or as it is if it is bytes."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return sent(http(status, body, headers), keep=True)


def good(text: str = "fine") -> Step:
    return answer(completion(text))


def error(status: int, message: str = "no", headers: Mapping[str, str] | None = None, **more: Any) -> Step:
    return answer({"error": {"message": message, **more}}, status, headers)


def sent(data: bytes, *, keep: bool = False, reset: bool = False) -> Step:
    """Exactly these bytes, then go on, close, or reset."""

    def step(conversation: Conversation) -> bool:
        conversation.send(data)
        if reset:
            conversation.pause(0.05)  # let the bytes arrive: a reset overtakes them
            conversation.reset()
        return keep

    return step


def dripped(data: bytes, start: bytes = b"", every: float = 0.02) -> Step:
    """`start` at once, then one byte after the other."""

    def step(conversation: Conversation) -> bool:
        conversation.send(start)
        for byte in data:
            if not conversation.pause(every):
                return False
            conversation.send(bytes([byte]))
        return True

    return step


def silent(start: bytes = b"") -> Step:
    """`start`, and not another byte; the connection stays open."""

    def step(conversation: Conversation) -> bool:
        conversation.send(start)
        conversation.pause(20)
        return False

    return step


def flooded(start: bytes, size: int) -> Step:
    """`start`, then `size` bytes as fast as they are taken."""

    def step(conversation: Conversation) -> bool:
        conversation.send(start)
        for _ in range(size // 65_536):
            conversation.send(b" " * 65_536)
        return False

    return step
