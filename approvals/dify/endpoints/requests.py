# SPDX-License-Identifier: Apache-2.0
"""The SDK's request as our record, and our response as the SDK's."""

from collections.abc import Generator, Mapping
from typing import Any, Final

from werkzeug import Request, Response

from approvals.web.http import KEPT_HEADERS, OWN_COOKIES, HttpRequest, HttpResponse

BODY_LIMIT: Final = 10 * 1024 * 1024
"""Bytes. The daemon cuts a longer body without a word, so that one of exactly this length may be a cut one."""
_EMPTY_CHUNKED: Final = b"0\r\n\r\n"  # how an empty body of a POST arrives: the daemon sends it as chunks
_CHUNK: Final = 256 * 1024  # bytes; a frame holds them twice, and one over 5 MiB ends the process


def request_of(given: Request, values: Mapping[str, Any]) -> HttpRequest:
    """The request with what a handler may know of it: none of the console's cookies, no header that is not used."""
    body = given.get_data(cache=False)
    return HttpRequest(
        method=given.method,
        path=given.path,
        values={name: str(value) for name, value in values.items()},
        query=given.args.to_dict(),
        headers={
            name.lower(): value for name, value in given.headers.items() if name.lower() in KEPT_HEADERS
        },
        cookies={name: value for name, value in given.cookies.items() if name in OWN_COOKIES},
        body=b"" if body == _EMPTY_CHUNKED else body,
    )


def response_for(answer: HttpResponse, *, without_body: bool = False) -> Response:
    """The response for the SDK; a long body in pieces, so that no frame is too long."""
    body = b"" if without_body else answer.body
    content: bytes | Generator[bytes, None, None] = body if len(body) <= _CHUNK else _pieces(body)
    response = Response(content, status=answer.status)
    response.headers.clear()
    response.headers.update(answer.headers)
    return response


def _pieces(body: bytes) -> Generator[bytes, None, None]:
    for start in range(0, len(body), _CHUNK):
        yield body[start : start + _CHUNK]
