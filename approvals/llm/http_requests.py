# SPDX-License-Identifier: Apache-2.0
"""Chat requests as HTTP requests to one endpoint with one key. What is the same for all calls is built once."""

from typing import Final
from urllib.parse import quote

import httpx
from pydantic import SecretStr

from approvals.errors import ApprovalError, ErrorCode
from approvals.llm.chat import ChatRequest
from approvals.llm.dialects import Dialect
from approvals.telemetry import correlation_id

_ID_CHARACTERS: Final = 128


class HttpRequests:
    """Builds `httpx.Request`s. Its repr and theirs never show the key."""

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

    def build(self, request: ChatRequest, dialect: Dialect) -> httpx.Request:
        """The request in this dialect, ready to be sent."""
        body = dialect.body(request)
        headers = [
            *self._headers,
            (b"X-Request-Id", quote(request.request_id, safe="-._~:")[:_ID_CHARACTERS].encode()),
            (b"Content-Length", b"%d" % len(body)),
        ]
        correlated = correlation_id()
        if correlated:
            headers.append((b"X-Correlation-Id", correlated.encode("ascii", "ignore")))
        return httpx.Request("POST", self._url, headers=headers, stream=httpx.ByteStream(body))


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
