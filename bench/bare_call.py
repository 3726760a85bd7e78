# SPDX-License-Identifier: Apache-2.0
"""The least that a call over HTTP takes: bytes made beforehand, one kept-alive socket, one read reply."""

import json
import socket
import time
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit

_TIMEOUT: Final = 60.0
_PART: Final = 65_536


class BareCaller:
    """One connection to a chat endpoint. Each call sends the same body."""

    def __init__(self, base_url: str, api_key: str, body: dict[str, Any]) -> None:
        address = urlsplit(base_url)
        self._socket = socket.create_connection((address.hostname, address.port), _TIMEOUT)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        content = json.dumps(body).encode()
        head = (
            f"POST {address.path}/chat/completions HTTP/1.1\r\nHost: {address.netloc}\r\n"
            f"Authorization: Bearer {api_key}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(content)}\r\n\r\n"
        )
        self._request = head.encode() + content

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def seconds(self) -> float:
        """What one call takes, to the last byte of the reply. Raises `RuntimeError` for a reply that is no 200."""
        began = time.perf_counter()
        self._socket.sendall(self._request)
        reply = self._socket.recv(_PART)
        while b"\r\n\r\n" not in reply:
            reply += self._more()
        head, _, body = reply.partition(b"\r\n\r\n")
        left = _length(head) - len(body)
        while left > 0:
            left -= len(self._more())
        taken = time.perf_counter() - began
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"the endpoint answered {head.splitlines()[0].decode(errors='replace')}")
        return taken

    def _more(self) -> bytes:
        part = self._socket.recv(_PART)
        if not part:
            raise RuntimeError("the endpoint hung up")
        return part


def _length(head: bytes) -> int:
    """How long the body is. Raises `RuntimeError` where the head does not say."""
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    raise RuntimeError("the endpoint does not say how long its reply is")
