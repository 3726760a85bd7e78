# SPDX-License-Identifier: Apache-2.0
"""What the stub answers, before it goes over the wire."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from devkit.llm_stub.script import Rule

_PHRASES: Final = {status.value: status.phrase for status in HTTPStatus}


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP response. `delay` is in seconds, from the request's last byte on.

    `fault` is the rule by which the connection is to misbehave while it is sent; None sends it whole.
    """

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    delay: float = 0.0
    fault: Rule | None = None

    def head(self, framing: str, *, close: bool = False) -> bytes:
        """Status line and headers. `framing` is the header that says where the body ends, if one does."""
        lines = [
            f"HTTP/1.1 {self.status} {_PHRASES.get(self.status, 'Unknown')}",
            f"Content-Type: {self.content_type}",
            *(f"{name}: {value}" for name, value in self.headers),
        ]
        if framing:
            lines.append(framing)
        if close:
            lines.append("Connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")

    def measured_head(self, *, close: bool = False) -> bytes:
        """The head with the body's real length."""
        return self.head(f"Content-Length: {len(self.body)}", close=close)
