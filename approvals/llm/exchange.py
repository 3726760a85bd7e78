# SPDX-License-Identifier: Apache-2.0
"""One request over a transport, and the whole reply to it, within bounds of time and size."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, NamedTuple

import httpx

from approvals.llm.deadline import Deadline
from approvals.llm.failures import CallFailure, FailureKind
from approvals.llm.network_failures import failure_of
from approvals.llm.transport import DEADLINE, FRESH

REPLY_LIMIT: Final = 1024 * 1024
"""Bytes, unpacked. The largest reply that is read; an analysis is about 2 KB."""
_ERROR_LIMIT: Final = 64 * 1024
OK: Final = HTTPStatus.OK.value
"""A number, since reading a member of that enum goes through two functions."""


class HttpReply(NamedTuple):
    """A reply with its whole body, decoded. The body of an error may be cut or empty.

    Names of headers are in lower case.
    """

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
        connect = min(self.connect, left)
        return {
            "connect": connect,
            "write": min(self.write, left),
            "read": min(self.read, left),
            "pool": connect,
        }


class Exchanges:
    """Sends requests over one transport. Redirects are not followed: the key would go along."""

    def __init__(self, transport: httpx.BaseTransport, limits: StepLimits) -> None:
        self._transport = transport
        self._limits = limits

    def exchange(self, request: httpx.Request, deadline: Deadline, *, fresh: bool = False) -> HttpReply:
        """Send `request` and read the reply to it. Raises `CallFailure`. `fresh`: on a new connection."""
        request.extensions = {"timeout": self._limits.clipped(deadline), DEADLINE: deadline, FRESH: fresh}
        try:
            response = self._transport.handle_request(request)
            try:
                return self._read(request, response, deadline)
            finally:
                response.close()
        except httpx.HTTPError as error:
            raise failure_of(error, request.url, deadline) from None

    def _read(self, request: httpx.Request, response: httpx.Response, deadline: Deadline) -> HttpReply:
        status, headers = response.status_code, dict(response.headers.items())
        if status == OK:
            return HttpReply(status, headers, _body(response, headers, request.url, REPLY_LIMIT))
        if status < HTTPStatus.BAD_REQUEST:  # the body of a redirect says nothing
            return HttpReply(status, headers, b"")
        request.extensions[DEADLINE] = deadline.within(self._limits.error_text)
        try:
            return HttpReply(status, headers, _body(response, headers, request.url, _ERROR_LIMIT))
        except (CallFailure, httpx.HTTPError):
            return HttpReply(status, headers, b"")


def _body(response: httpx.Response, headers: Mapping[str, str], url: httpx.URL, limit: int) -> bytes:
    """The body as httpx decodes it. We ask for plain text; a few servers compress all the same."""
    declared = headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > limit:
        raise _too_large(url, limit)
    encoding = headers.get("content-encoding")
    if encoding and "," in encoding:  # packed several times, a few bytes become gigabytes at once
        raise CallFailure(
            FailureKind.REPLY_MALFORMED,
            f"{url.host} sent a reply that is packed several times. Check what stands between the plugin and it.",
        )
    parts: list[bytes] = []
    size = 0
    for part in response.iter_bytes() if encoding else _plain(response):
        size += len(part)
        if size > limit:
            raise _too_large(url, limit)
        parts.append(part)
    return b"".join(parts)


def _plain(response: httpx.Response) -> httpx.SyncByteStream:
    """What the transport gives, without httpx's decoders, which would find nothing to decode."""
    if not isinstance(response.stream, httpx.SyncByteStream):
        raise TypeError("the transport must be one for synchronous requests")
    return response.stream


def _too_large(url: httpx.URL, limit: int) -> CallFailure:
    return CallFailure(
        FailureKind.REPLY_TOO_LARGE,
        f"{url.host} sent a reply of more than {limit:,} bytes, which was not read to its end. "
        "Check base_url and the model.",
    )
