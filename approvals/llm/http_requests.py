# SPDX-License-Identifier: Apache-2.0
"""Chat requests as HTTP requests to one endpoint with one key. What is the same for all calls is built once."""

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

import httpx
from pydantic import SecretStr

from approvals.errors import ApprovalError, ErrorCode
from approvals.llm.chat import ChatRequest
from approvals.llm.dialects import Dialect
from approvals.telemetry import correlation_id

_ID_CHARACTERS: Final = 128


@dataclass(slots=True)
class HttpRequest:
    """A POST request, as a lane sends it and as any other transport of httpx wants it. Its repr shows no header."""

    url: httpx.URL
    headers: list[tuple[bytes, bytes]] = field(repr=False)
    body: bytes = field(repr=False)

    def for_httpx(self) -> httpx.Request:
        """The same as httpx has it."""
        return httpx.Request("POST", self.url, headers=self.headers, stream=httpx.ByteStream(self.body))


class HttpRequests:
    """Builds requests. Its repr and theirs never show the key."""

    def __init__(self, url: httpx.URL, api_key: SecretStr, version: str) -> None:
        """`version` goes into User-Agent. Raises `bad_parameter` for a key that cannot travel in an HTTP header."""
        key = api_key.get_secret_value()
        _check_key(key)
        self._url = url
        self._headers = [
            (b"Host", url.netloc),
            (b"Authorization", b"Bearer " + key.encode()),
            (b"Content-Type", b"application/json"),
            (b"Accept", b"application/json"),
            (b"Accept-Encoding", b"identity"),
            (b"User-Agent", f"dify-approvals/{version}".encode()),
        ]
        if "api-version" in url.params:  # Azure's deployments read the key from a header of their own
            self._headers.append((b"api-key", key.encode()))

    def build(self, request: ChatRequest, dialect: Dialect) -> HttpRequest:
        """The request in this dialect, ready to be sent."""
        body = dialect.body(request)
        headers = [
            *self._headers,
            (b"X-Request-Id", _header_value(request.request_id)),
            (b"Content-Length", b"%d" % len(body)),
        ]
        correlated = correlation_id()
        if correlated:
            headers.append((b"X-Correlation-Id", correlated.encode("ascii", "ignore")))
        return HttpRequest(self._url, headers, body)


def _header_value(request_id: str) -> bytes:
    """The id as it can stand in a header; one of ASCII letters, digits and underscores, as ours are, as it is."""
    plain = request_id.isascii() and request_id.replace("_", "").isalnum()
    return (request_id if plain else quote(request_id, safe="-._~:"))[:_ID_CHARACTERS].encode()


def _check_key(key: str) -> None:
    for position, character in enumerate(key, start=1):
        if not "!" <= character <= "~":
            raise ApprovalError(
                ErrorCode.BAD_PARAMETER,
                f"api_key holds a character at position {position} of {len(key)} that no key has (a blank, a line "
                "break or a letter outside ASCII). Copy the key again.",
            )
    if not key:
        raise ApprovalError(
            ErrorCode.BAD_PARAMETER, "api_key is empty. Enter the key of your model provider."
        )
