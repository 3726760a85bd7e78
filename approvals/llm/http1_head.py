# SPDX-License-Identifier: Apache-2.0
"""The head of an HTTP/1.1 reply, read by one expression: status line and headers, or it is no HTTP."""

import re
from http import HTTPStatus
from typing import Final, NamedTuple

type Headers = list[tuple[bytes, bytes]]

OK: Final = HTTPStatus.OK.value
"""A number, as reading a member of that enum goes through two functions."""

_END: Final = re.compile(rb"\n\r?\n")
_TOKEN: Final = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_HEAD: Final = re.compile(
    rb"HTTP/1\.([01]) ([1-9][0-9]{2})(?: [^\x00\r\n]*)?\r?\n((?:%s:[^\x00\r\n]*\r?\n)*)\r?\n" % _TOKEN
)


class HttpError(Exception):
    """Not HTTP/1.1, or it ended in the middle."""


class Head(NamedTuple):
    """Status, and headers with their names in lower case; what stands several times is joined by commas."""

    status: int
    headers: dict[bytes, bytes]
    keeps_open: bool
    """The other side means to go on with this connection."""


def parse_head(data: bytes, searched: int = 0) -> tuple[Head, bytes] | None:
    """The head at the start of `data`, and what follows it; None while it is not complete.

    `searched`: so many bytes were there when it was not complete. Raises `HttpError`.
    """
    if _END.search(data, max(0, searched - 2)) is None:
        if data and not data.startswith(b"HTTP/1."[: len(data)]):
            raise HttpError(f"a reply that begins with {data[:20]!r}")
        return None
    matched = _HEAD.match(data)
    if matched is None:
        raise HttpError(f"a reply whose head cannot be read: {data[:40]!r}")
    minor, status, fields = matched.groups()
    headers: dict[bytes, bytes] = {}
    for line in fields.splitlines():
        name, _, value = line.partition(b":")
        lower, value = name.lower(), value.strip(b" \t")
        headers[lower] = b"%s, %s" % (headers[lower], value) if lower in headers else value
    closes = minor == b"0" or b"close" in headers.get(b"connection", b"").lower()
    framed_twice = (
        b"transfer-encoding" in headers and b"content-length" in headers
    )  # RFC 9112, 6.3: trust it no more
    return Head(int(status), headers, not (closes or framed_twice)), data[matched.end() :]
