# SPDX-License-Identifier: Apache-2.0
"""A chat request as HTTP: everything that is the same for all calls is built once."""

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

from pydantic import SecretStr

from approvals.errors import ApprovalError, ErrorCode
from approvals.llm.chat import ChatRequest
from approvals.llm.dialects import Dialect
from approvals.llm.endpoint import Endpoint
from approvals.llm.http1_head import Headers
from approvals.telemetry import remember_secret

_ID_CHARACTERS: Final = 128


@dataclass(frozen=True, slots=True)
class Question:
    """The headers, among them the key, and the body."""

    headers: Headers = field(repr=False)
    body: bytes = field(repr=False)


class Questions:
    """Turns chat requests into HTTP requests to one endpoint with one key."""

    def __init__(self, endpoint: Endpoint, api_key: SecretStr, version: str) -> None:
        """Raises `bad_parameter` for a key that cannot travel in an HTTP header."""
        key = api_key.get_secret_value()
        _check_key(key)
        remember_secret(key)
        self._headers = [
            (b"Host", endpoint.authority.encode()),
            (b"Authorization", b"Bearer " + key.encode()),
            (b"Content-Type", b"application/json"),
            (b"Accept", b"application/json"),
            (b"Accept-Encoding", b"identity"),
            (b"User-Agent", f"dify-approvals/{version}".encode()),
        ]

    def of(self, request: ChatRequest, dialect: Dialect) -> Question:
        """The request, ready to be sent any number of times."""
        body = dialect.body(request)
        headers = [
            *self._headers,
            (b"X-Request-Id", quote(request.request_id, safe="-._~:")[:_ID_CHARACTERS].encode()),
            (b"Content-Length", str(len(body)).encode()),
        ]
        return Question(headers, body)


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
