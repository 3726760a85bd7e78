# SPDX-License-Identifier: Apache-2.0
"""One request over one lane, and the whole reply to it, within bounds of time and size."""

import zlib
from collections.abc import Callable
from http import HTTPStatus
from typing import Final, NamedTuple

import httpx

from approvals.llm.deadline import Deadline
from approvals.llm.failures import CallFailure, FailureKind
from approvals.llm.http1_head import OK, HttpError
from approvals.llm.question import Question
from approvals.llm.transport.connection import Lane

REPLY_LIMIT: Final = 1024 * 1024
"""Bytes. The largest reply that is read; an analysis is about 2 KB."""
_ERROR_LIMIT: Final = 64 * 1024
_GZIP_OR_ZLIB: Final = zlib.MAX_WBITS | 32


class HttpReply(NamedTuple):
    """A reply with its whole body, decoded. The body of an error may be cut or empty."""

    status: int
    headers: httpx.Headers
    body: bytes


class StaleLaneError(CallFailure):
    """A lane that had rested was found closed when used. The endpoint had, nearly always, hung up before."""


def exchange(lane: Lane, question: Question, deadline: Deadline) -> HttpReply:
    """Ask `question` and read the reply. Raises `CallFailure`; the lane is sound only if nothing was left unread."""
    try:
        head = lane.post(question.headers, question.body, deadline)
        status, headers = head.status, head.headers
        if status == OK:
            return HttpReply(status, httpx.Headers(list(headers.items())), _body(lane, headers, REPLY_LIMIT))
        return HttpReply(
            status, httpx.Headers(list(headers.items())), _error_body(lane, status, headers, deadline)
        )
    except (OSError, HttpError) as error:
        raise _failure(lane, error) from None


def _body(lane: Lane, headers: dict[bytes, bytes], limit: int) -> bytes:
    declared = headers.get(b"content-length", b"")
    if declared.isdigit() and int(declared[:20]) > limit:
        raise _too_large(lane, limit)
    unpack = _unpacker(lane, headers.get(b"content-encoding", b"identity"))
    parts: list[bytes] = []
    size = 0
    for chunk in lane.chunks():
        part = unpack(chunk, limit + 1 - size)
        size += len(part)
        if size > limit:
            raise _too_large(lane, limit)
        parts.append(part)
    return b"".join(parts)


def _error_body(lane: Lane, status: int, headers: dict[bytes, bytes], deadline: Deadline) -> bytes:
    """The text of an error, if it comes soon and is small. Else the lane is given up and the status stands alone."""
    if status < HTTPStatus.BAD_REQUEST:  # the body of a redirect says nothing
        return b""
    lane.wire.hurry(deadline.within(lane.wire.limits.error_text))
    try:
        return _body(lane, headers, _ERROR_LIMIT)
    except (CallFailure, OSError, HttpError):
        return b""


def _unpacker(lane: Lane, encoding: bytes) -> Callable[[bytes, int], bytes]:
    """What turns a chunk into at most so many plain bytes. We ask for plain text; a few servers compress anyway."""
    if encoding.lower() == b"identity":
        return lambda chunk, _limit: chunk
    if encoding.lower() not in (b"gzip", b"x-gzip", b"deflate"):
        raise CallFailure(
            FailureKind.REPLY_MALFORMED,
            f"{lane.wire.peer} sent a reply in an encoding that was not asked for "
            f"({encoding[:20].decode('latin-1')!r}). Check what stands between the plugin and the endpoint.",
        )
    inflater = zlib.decompressobj(_GZIP_OR_ZLIB)

    def unpack(chunk: bytes, limit: int) -> bytes:
        try:
            return inflater.decompress(chunk, limit)
        except zlib.error:
            raise CallFailure(
                FailureKind.REPLY_MALFORMED,
                f"{lane.wire.peer} sent a compressed reply that cannot be unpacked.",
            ) from None

    return unpack


def _too_large(lane: Lane, limit: int) -> CallFailure:
    return CallFailure(
        FailureKind.REPLY_TOO_LARGE,
        f"{lane.wire.peer} sent a reply of more than {limit:,} bytes, which was not read to its end. "
        "Check base_url and the model.",
    )


def _failure(lane: Lane, error: Exception) -> CallFailure:
    wire = lane.wire
    if not wire.ended:
        return CallFailure(
            FailureKind.REPLY_MALFORMED, f"{wire.peer} does not speak HTTP ({error}). Check base_url."
        )
    if not wire.received:
        kind = StaleLaneError if lane.exchanges else CallFailure
        return kind(FailureKind.CONNECTION_LOST, f"{wire.peer} hung up without an answer. Try again later.")
    return CallFailure(
        FailureKind.CONNECTION_LOST, f"{wire.peer} hung up in the middle of its answer. Try again later."
    )
