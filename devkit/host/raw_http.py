# SPDX-License-Identifier: Apache-2.0
"""An HTTP request as the platform hands it to a plugin's endpoint, and the response as a caller gets it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from devkit.host.answers import HostError

BODY_LIMIT = 10 * 1024 * 1024
"""Bytes. The daemon cuts a longer request body, silently."""

HOOK_ID = "hook000000000000"

_REMOVED = frozenset({
    "x-forwarded-for", "x-real-ip", "x-forwarded",
    "x-original-forwarded-for", "x-original-url", "x-original-host",
    "content-length", "transfer-encoding", "host", "trailer", "dify-hook-id",
})  # fmt: skip


def raw_request(method: str, target: str, headers: Mapping[str, str], body: bytes) -> bytes:
    """HTTP/1.1 bytes, changed as the daemon changes them (its `copyRequest`, and Go's `Request.Write`).

    Headers that name the client's address are removed, the hook's own are added unless the client sent its URL, the
    query is sorted by names and the body cut at `BODY_LIMIT`. A POST without a body arrives as an empty chunked one.
    `target` is a path, with a query if there is one.
    """
    body = body[:BODY_LIMIT]
    path, _, query = target.partition("?")
    if query:
        pairs = sorted(parse_qsl(query, keep_blank_values=True), key=lambda pair: pair[0])
        target = f"{path}?{urlencode(pairs)}"
    given = {name.lower(): value for name, value in headers.items()}
    host = given.get("x-original-host") or given.get("host", "localhost")
    sent = {name: value for name, value in headers.items() if name.lower() not in _REMOVED}
    sent["Dify-Hook-Id"] = HOOK_ID
    if not given.get("dify-hook-url"):
        sent["Dify-Hook-Url"] = f"http://{host}/e/{HOOK_ID}{path}"
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}"]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    elif method in {"POST", "PUT", "PATCH"}:
        lines.append("Transfer-Encoding: chunked")
        body = b"0\r\n\r\n"
    lines += [f"{name}: {value}" for name, value in sent.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass(frozen=True, slots=True)
class HostResponse:
    """What an endpoint answered: `status`, `headers`, the body's `chunks` in order, `seconds` to the end.

    `error` is set when the plugin failed outside the handler: the platform then answers 500 with its text.
    """

    status: int
    headers: dict[str, str]
    chunks: tuple[bytes, ...]
    error: HostError | None
    seconds: float

    @property
    def body(self) -> bytes:
        """The whole body."""
        return b"".join(self.chunks)

    @property
    def text(self) -> str:
        """The body as UTF-8 text."""
        return self.body.decode()

    def json(self) -> Any:
        """The body as JSON. Raises `ValueError`."""
        return json.loads(self.body)


def http_response(
    messages: Sequence[Mapping[str, Any]], error: HostError | None, seconds: float
) -> HostResponse:
    """Put the pieces together: status and headers come with the first piece, bodies in hex."""
    chunks = [bytes.fromhex(message["result"]) for message in messages if message.get("result")]
    if error is not None:
        chunks.append(str(error).encode())
    head: Mapping[str, Any] = messages[0] if messages else {"status": 500}
    return HostResponse(head["status"], dict(head.get("headers") or {}), tuple(chunks), error, seconds)
