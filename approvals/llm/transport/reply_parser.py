# SPDX-License-Identifier: Apache-2.0
"""Replies of one connection, parsed by httptools (llhttp, the parser of Node.js and uvicorn).

A head that llhttp refuses although every browser reads it is repaired as RFC 9112 (5.1, 5.2, 6.3) tells a client to,
and parsed once more. A connection that needed this is not used again.
"""

import re
from typing import Final

import httptools
import httpx

HEAD_LIMIT: Final = 64 * 1024
"""Bytes. The largest head of a reply that is read."""
_MOST_INTERIM_REPLIES: Final = 10
_FIRST_FINAL_STATUS: Final = 200

_STATUS_LINE: Final = re.compile(rb"HTTP/1\.[01] [1-9][0-9]{2}[ \r\n]")
_HEAD_END: Final = re.compile(rb"\n\r?\n")
_FOLD: Final = re.compile(rb"\r?\n[ \t]+")
_NAME: Final = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")


class MalformedReplyError(httpx.RemoteProtocolError):
    """What came back is not HTTP/1.1, or has no certain end."""


class ReplyParser:
    """Collects status, headers and body of one reply at a time. The reader takes pieces of the body out of `body`."""

    def __init__(self) -> None:
        self._parser = self._new_parser()
        self.expect_reply()

    def expect_reply(self) -> None:
        """Forget the last reply."""
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.body: list[bytes] = []
        self.head_complete = self.complete = False
        self.reusable = False
        """The reply is complete, nothing came after it, and the other side keeps the connection open."""
        self._head = b""
        self._interim = 0
        self._awaits_repair = self._was_repaired = False

    def feed(self, data: bytes) -> None:
        """Parse more bytes. Raises `MalformedReplyError`."""
        if self.head_complete:
            self._parse(data)
            return
        self._head += data
        if self._awaits_repair:
            self._parse_repaired()
        else:
            self._parse(data)
        if self._interim > _MOST_INTERIM_REPLIES:
            raise MalformedReplyError("no reply to the request, only interim ones")
        if len(self._head) > HEAD_LIMIT and not self.head_complete:
            raise MalformedReplyError(f"a head of more than {HEAD_LIMIT:,} bytes")

    def finish(self) -> bool:
        """The connection has ended. True if that completes the reply: its head stated no other end."""
        framed = _values(b"content-length", self.headers) or b"chunked" in _values(
            b"transfer-encoding", self.headers
        )
        self.complete = self.complete or (self.head_complete and not framed)
        self.reusable = False
        return self.complete

    def _new_parser(self) -> httptools.HttpResponseParser:
        parser = httptools.HttpResponseParser(self)
        parser.set_dangerous_leniencies(
            lenient_optional_cr_before_lf=True, lenient_spaces_after_chunk_size=True
        )
        return parser

    def _parse(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            raise MalformedReplyError("a reply that switches protocols") from None
        except httptools.HttpParserError as error:
            if self.complete:
                self.reusable = False  # by bytes that nobody asked for
            elif self.head_complete or self._was_repaired or not _STATUS_LINE.match(self._head):
                raise MalformedReplyError(f"{error}: {self._head[:40]!r}") from None
            else:
                self._awaits_repair = True
                self._parse_repaired()

    def _parse_repaired(self) -> None:
        """Parse the refused head once more, repaired, as soon as all of it is there."""
        if end := _HEAD_END.search(self._head):
            self._awaits_repair, self._was_repaired = False, True
            self._parser, self.headers = self._new_parser(), []
            self._parse(_repaired(self._head[: end.end()]) + self._head[end.end() :])

    # What httptools calls.

    def on_message_begin(self) -> None:
        if self.complete:  # a second reply, which nobody asked for
            self.reusable = False

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.head_complete:  # else a trailer
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        if not self.complete:
            self.status = self._parser.get_status_code()
            self.head_complete = self.status >= _FIRST_FINAL_STATUS

    def on_body(self, data: bytes) -> None:
        if not self.complete:
            self.body.append(data)

    def on_message_complete(self) -> None:
        if self.head_complete:
            self.reusable = not (self.complete or self._was_repaired) and self._parser.should_keep_alive()
            self.complete = True
        else:
            self._interim += 1
            self.headers = []


def _repaired(head: bytes) -> bytes:
    """`head` with folded lines joined, without blanks before a colon and lines that have no name.

    Of several statements of one length, or of a length beside a coding, one is left. Lengths that contradict each
    other stay, to be refused.
    """
    status, *lines = _FOLD.sub(b" ", head).split(b"\n")
    split = [line.partition(b":") for line in lines]
    fields = [(name.rstrip(b" \t"), value) for name, colon, value in split if colon]
    fields = [(name, value) for name, value in fields if _NAME.fullmatch(name)]
    codings = _values(b"transfer-encoding", fields) - {b"identity"}
    lengths = _values(b"content-length", fields)
    dropped = set() if codings else {b"transfer-encoding"}
    if codings or len(lengths) == 1:
        dropped.add(b"content-length")
    fields = [(name, value) for name, value in fields if name.lower() not in dropped]
    if not codings and len(lengths) == 1:
        fields.append((b"Content-Length", lengths.pop()))
    return b"\n".join([status, *(b"%b:%b" % field for field in fields), b"", b""])


def _values(name: bytes, fields: list[tuple[bytes, bytes]]) -> set[bytes]:
    return {
        part.strip().lower() for field, value in fields if field.lower() == name for part in value.split(b",")
    }
