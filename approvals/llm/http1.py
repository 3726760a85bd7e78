# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.1 over a wire, one question and one answer at a time (RFC 9112)."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Final

from approvals.llm.http1_body import Body, ChunkedBody, LastingBody, SizedBody
from approvals.llm.http1_head import OK, Head, Headers, HttpError, parse_head
from approvals.llm.transport.wire import Wire

_HEAD_LIMIT: Final = 64 * 1024
_MOST_PRELIMINARIES: Final = 10
_NO_BODY: Final = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
_SWITCHING: Final = HTTPStatus.SWITCHING_PROTOCOLS.value
_SUCCESS: Final = range(200, 300)


class Conversation:
    """What is said over one wire.

    Raises `CallFailure` for what takes too long, `OSError` when the connection breaks, and `HttpError` for what is no
    HTTP, or ends in the middle.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._unread = b""
        self._body: Body | None = None
        self._keeps_open = True

    def ask(self, method: str, target: str, headers: Headers, body: bytes = b"") -> Head:
        """Send a request; what comes back is the head of the reply. `headers` must have the length of `body`.

        Target and headers are ours: they hold neither line breaks nor blanks where none may be.
        """
        opening = f"{method} {target} HTTP/1.1\r\n".encode("ascii")
        lines = b"".join([b"%s: %s\r\n" % header for header in headers])
        self._wire.write(b"%s%s\r\n%s" % (opening, lines, body))
        head = self._final_head()
        self._body = _body_after(method, head)
        self._keeps_open = head.keeps_open and not isinstance(self._body, LastingBody)
        return head

    def chunks(self) -> Iterator[bytes]:
        """The body of the reply, piece by piece, to its end."""
        body = self._body
        if body is None:
            return
        while True:
            piece, self._unread = body.take(self._unread)
            if piece:
                yield piece
            if body.is_over:
                return
            if not (more := self._wire.read()):
                body.end()
                return
            self._unread += more

    def is_over(self) -> bool:
        """The reply was read to its end, and another question may follow.

        Not if there are bytes beyond the reply: they would be taken for the answer to the next question.
        """
        over = self._body is None or self._body.is_over
        return over and self._keeps_open and not self._unread

    def _final_head(self) -> Head:
        """The first head that is an answer and not only a word on the way to one."""
        for _ in range(_MOST_PRELIMINARIES):
            head = self._head()
            if head.status == _SWITCHING:
                break
            if head.status >= OK:
                return head
        raise HttpError("no answer to the request")

    def _head(self) -> Head:
        searched = 0
        while (parsed := parse_head(self._unread, searched)) is None:
            searched = len(self._unread)
            if searched > _HEAD_LIMIT:
                raise HttpError(f"a head of more than {_HEAD_LIMIT:,} bytes")
            if not (more := self._wire.read()):
                raise HttpError("the connection ended before the reply's head did")
            self._unread += more
        head, self._unread = parsed
        return head


def _body_after(method: str, head: Head) -> Body | None:
    """How long the body is (RFC 9112, 6.3). Raises `HttpError` where nobody can know."""
    if head.status in _NO_BODY or (method == "CONNECT" and head.status in _SUCCESS):
        return None
    coding = head.headers.get(b"transfer-encoding")
    if coding is not None:
        if coding.lower() != b"chunked":
            raise HttpError(f"a body in the coding {coding[:40]!r}")
        return ChunkedBody()
    length = head.headers.get(b"content-length")
    if length is None:
        return LastingBody()
    return SizedBody(_length(length))


def _length(text: bytes) -> int:
    """The one length that is stated, if need be several times."""
    stated = {part.strip() for part in text.split(b",")}
    (only,) = stated if len(stated) == 1 else (b"",)
    if not only.isdigit() or len(only) > 20:  # noqa: PLR2004 - more than any disk holds
        raise HttpError(f"a body of the length {text[:40]!r}")
    return int(only)
