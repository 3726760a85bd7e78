# SPDX-License-Identifier: Apache-2.0
"""One request over a transport, and the whole reply to it, within bounds of time and size."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, NamedTuple

import httpx

from approvals.llm.deadline import Deadline
from approvals.llm.failures import CallFailure, FailureKind
from approvals.llm.http_requests import HttpRequest
from approvals.llm.network_failures import failure_of
from approvals.llm.transport import DEADLINE, FRESH, LaneTransport

REPLY_LIMIT: Final = 1024 * 1024
"""Bytes, unpacked. The largest reply that is read; an analysis is about 2 KB."""
_ERROR_LIMIT: Final = 64 * 1024
OK: Final = HTTPStatus.OK.value
"""A number, since reading a member of that enum goes through two functions."""


class HttpReply(NamedTuple):
    """A reply with its whole body, decoded; that of an error may be empty. Names of headers in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class StepLimits:
    """The longest single waits in seconds; the deadline clips each. `read` is silence, not the whole reply."""

    connect: float = 5.0
    write: float = 10.0
    read: float = 60.0
    error_text: float = 2.0
    """For all the text of an error: its status alone already says what to do."""

    def clipped(self, deadline: Deadline) -> dict[str, float]:
        """As httpx's transports want them."""
        left = deadline.remaining()
        connect, write, read = min(self.connect, left), min(self.write, left), min(self.read, left)
        return {"connect": connect, "write": write, "read": read, "pool": connect}


class Exchanges:
    """Sends requests over one transport. Redirects are not followed: the key would go along."""

    def __init__(self, transport: httpx.BaseTransport, limits: StepLimits) -> None:
        self._transport = transport
        self._limits = limits

    def exchange(self, request: HttpRequest, deadline: Deadline, *, fresh: bool = False) -> HttpReply:
        """Send `request` and read the reply to it. Raises `CallFailure`. `fresh`: on a new connection."""
        extensions = {"timeout": self._limits.clipped(deadline), DEADLINE: deadline, FRESH: fresh}
        body = b""
        try:
            status, headers, content = self._sent(request, extensions)
            try:
                if status == OK:
                    body = _body(content, headers, request.url.host, REPLY_LIMIT)
                elif status >= HTTPStatus.BAD_REQUEST:  # a redirect's text says nothing
                    extensions[DEADLINE] = deadline.within(self._limits.error_text)
                    with suppress(CallFailure, httpx.HTTPError):
                        body = _body(content, headers, request.url.host, _ERROR_LIMIT)
            finally:
                content.close()
        except httpx.HTTPError as error:
            raise failure_of(error, request.url, deadline) from None
        return HttpReply(status, headers, body)

    def _sent(
        self, request: HttpRequest, extensions: dict[str, Any]
    ) -> tuple[int, Mapping[str, str], httpx.SyncByteStream]:
        """Status, headers and undecoded body of the reply."""
        if isinstance(self._transport, LaneTransport):
            reply = self._transport.send("POST", request.url, request.headers, request.body, extensions)
            return reply.status, _by_name(reply.headers), reply
        sent = request.for_httpx()
        sent.extensions = extensions
        response = self._transport.handle_request(sent)
        if not isinstance(response.stream, httpx.SyncByteStream):
            raise TypeError("the transport must be one for synchronous requests")
        return response.status_code, dict(response.headers.items()), response.stream


def _by_name(fields: Sequence[tuple[bytes, bytes]]) -> Mapping[str, str]:
    """Header fields by their names in lower case; several of one name are joined (RFC 9110, 5.3)."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in fields:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _body(content: httpx.SyncByteStream, headers: Mapping[str, str], host: str, limit: int) -> bytes:
    """The body as httpx decodes it. We ask for plain text; a few servers compress all the same."""
    declared = headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > limit:
        raise _too_large(host, limit)
    encoding = headers.get("content-encoding")
    if encoding and "," in encoding:  # packed several times, a few bytes become gigabytes at once
        raise CallFailure(
            FailureKind.REPLY_MALFORMED,
            f"{host} sent a reply that is packed several times. Check what stands between the plugin and it.",
        )
    plain = httpx.Response(OK, headers=dict(headers), stream=content).iter_bytes() if encoding else content
    parts: list[bytes] = []
    size = 0
    for part in plain:
        size += len(part)
        if size > limit:
            raise _too_large(host, limit)
        parts.append(part)
    return b"".join(parts)


def _too_large(host: str, limit: int) -> CallFailure:
    return CallFailure(
        FailureKind.REPLY_TOO_LARGE,
        f"{host} sent a reply of more than {limit:,} bytes, which was not read to its end. "
        "Check base_url and the model.",
    )
