# SPDX-License-Identifier: Apache-2.0
"""The body of an HTTP/1.1 reply (RFC 9112, 6 and 7): of a stated size, in chunks, or as long as the connection."""

import re
from typing import Final, Protocol

from approvals.llm.http1_head import HttpError

_SIZE_LINE: Final = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\x00\r\n]*)?\r?\n")
_LINE_LIMIT: Final = 4_096
_TRAILER_LIMIT: Final = 64 * 1024


class Body(Protocol):
    """Takes the bytes of a body out of what was received."""

    is_over: bool

    def take(self, data: bytes) -> tuple[bytes, bytes]:
        """(bytes of the body, rest that was not needed or not enough yet). Raises `HttpError`."""
        ...

    def end(self) -> None:
        """The connection has ended. Raises `HttpError` where the body had not."""
        ...


class SizedBody:
    """So many bytes."""

    def __init__(self, size: int) -> None:
        self._left = size
        self.is_over = size == 0

    def take(self, data: bytes) -> tuple[bytes, bytes]:
        piece, rest = data[: self._left], data[self._left :]
        self._left -= len(piece)
        self.is_over = self._left == 0
        return piece, rest

    def end(self) -> None:
        raise HttpError(f"a body that ended {self._left:,} bytes too early")


class LastingBody:
    """Everything until the connection ends."""

    def __init__(self) -> None:
        self.is_over = False

    def take(self, data: bytes) -> tuple[bytes, bytes]:
        return data, b""

    def end(self) -> None:
        self.is_over = True


class ChunkedBody:
    """Chunks, each after its size, the last one empty; then trailers, which nobody needs."""

    def __init__(self) -> None:
        self.is_over = False
        self._left = 0
        self._in_chunk = False
        self._in_trailers = False
        self._trailer_bytes = 0

    def take(self, data: bytes) -> tuple[bytes, bytes]:
        pieces: list[bytes] = []
        while data and not self.is_over:
            if self._in_trailers:
                step = self._trailer(data)
            elif self._left:
                pieces.append(data[: self._left])
                step = len(pieces[-1])
                self._left -= step
            else:
                step = self._line_end(data) if self._in_chunk else self._size(data)
            if not step:
                break
            data = data[step:]
        return b"".join(pieces), data

    def _size(self, data: bytes) -> int:
        """Read the line with the next chunk's size; how long it is, 0 while it is not complete."""
        matched = _SIZE_LINE.match(data)
        if matched is None:
            if b"\n" in data or len(data) > _LINE_LIMIT:
                raise HttpError(f"a chunk whose size cannot be read: {data[:40]!r}")
            return 0
        self._left = int(matched[1], 16)
        self._in_chunk = self._left > 0
        self._in_trailers = not self._in_chunk
        return matched.end()

    def _line_end(self, data: bytes) -> int:
        """The line break after a chunk."""
        for end in (b"\r\n", b"\n"):
            if data.startswith(end):
                self._in_chunk = False
                return len(end)
        if data != b"\r":
            raise HttpError(f"a chunk that is followed by {data[:20]!r}")
        return 0

    def _trailer(self, data: bytes) -> int:
        """One line of the trailers; the empty one is the end of it all."""
        step = data.find(b"\n") + 1
        self._trailer_bytes += step
        if self._trailer_bytes > _TRAILER_LIMIT or (not step and len(data) > _LINE_LIMIT):
            raise HttpError("trailers without an end")
        self.is_over = step > 0 and data[:step] in (b"\r\n", b"\n")
        return step

    def end(self) -> None:
        raise HttpError("a body that ended before its last chunk")
