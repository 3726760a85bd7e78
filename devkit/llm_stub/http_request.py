# SPDX-License-Identifier: Apache-2.0
"""Just enough of HTTP/1.1 to read a request from a connection's bytes, in a few microseconds."""

import re
from dataclasses import dataclass
from typing import Final

HEAD_LIMIT: Final = 64 * 1024
BODY_LIMIT: Final = 16 * 1024 * 1024

_LENGTH: Final = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,12})[ \t]*(?:\r\n|$)", re.IGNORECASE)
_CHUNKED: Final = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)
_CLOSE: Final = re.compile(rb"\r\nconnection:[ \t]*close[ \t]*(?:\r\n|$)", re.IGNORECASE)
_EXPECT: Final = re.compile(rb"\r\nexpect:[ \t]*100-continue", re.IGNORECASE)


class BadRequestError(Exception):
    """These bytes are no request that can be answered, except with `status`."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request as it was sent. `head` is the request line and the headers, without the empty line."""

    method: str
    target: str
    head: bytes
    body: bytes
    close: bool
    """The client wants no second request on this connection."""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """More bytes must come. `expects_go_ahead`: the client waits for a 100 before it sends the body."""

    expects_go_ahead: bool = False


def take_request(buffer: bytearray) -> HttpRequest | Unfinished:
    """The first request, taken off the buffer once it is there in full. Raises `BadRequestError`."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        if len(buffer) > HEAD_LIMIT:
            raise BadRequestError(431, f"the head is over {HEAD_LIMIT:,} bytes")
        return Unfinished()
    head = bytes(buffer[:end])
    length = _body_length(head)
    whole = end + 4 + length
    if len(buffer) < whole:
        return Unfinished(expects_go_ahead=len(buffer) == end + 4 and _EXPECT.search(head) is not None)
    body = bytes(buffer[end + 4 : whole])
    del buffer[:whole]
    line = head.partition(b"\r\n")[0].decode("latin-1").split(" ")
    if len(line) != 3 or not line[2].startswith("HTTP/1."):  # noqa: PLR2004 - method, target, version
        raise BadRequestError(400, f"no HTTP/1.1 request line: {' '.join(line)[:80]!r}")
    return HttpRequest(line[0], line[1], head, body, line[2] == "HTTP/1.0" or _CLOSE.search(head) is not None)


def _body_length(head: bytes) -> int:
    if _CHUNKED.search(head):
        raise BadRequestError(411, "send the body with a Content-Length, not in chunks")
    found = _LENGTH.search(head)
    length = int(found[1]) if found else 0
    if length > BODY_LIMIT:
        raise BadRequestError(413, f"the body is over {BODY_LIMIT:,} bytes")
    return length
