# SPDX-License-Identifier: Apache-2.0
"""Requests to endpoints that the SDK cannot read or route, answered as the endpoints answer.

The SDK fails on a header name with `_`, on two of some headers, on a strange Host: the daemon then answers 500. And it
answers in plain text where no endpoint is. No endpoint of ours answers 500, or 404 in plain text.
"""

from collections.abc import Callable, Generator, Iterator, Mapping
from functools import wraps
from typing import Any, Final

from approvals.telemetry import get_logger
from approvals.web.errors import HttpCode, error_response
from approvals.web.http import HttpResponse

type Pieces = Iterator[Mapping[str, Any]]

_UNREADABLE: Final = error_response(
    400,
    HttpCode.BAD_REQUEST,
    "the request cannot be read: its head breaks HTTP's rules, a header's name holds '_', or one stands twice",
)
_NOTHING_HERE: Final = error_response(404, HttpCode.NOT_FOUND, "there is nothing at this path")
_FAULT: Final = 500
_NOT_FOUND: Final = 404

_log = get_logger(__name__)


def answering(invoke: Callable[..., Pieces]) -> Callable[..., Pieces]:
    """The SDK's `invoke_endpoint`, which always answers."""

    @wraps(invoke)
    def answered(*given: Any) -> Generator[Mapping[str, Any], None, None]:
        try:
            pieces = iter(invoke(*given))
            first = next(pieces)
        except Exception as error:  # noqa: BLE001 - whatever the SDK made of it
            _log.info("unreadable request", reason=type(error).__name__)
            yield _piece(_UNREADABLE)
            return
        if first.get("status") == _FAULT:
            _log.info("unreadable request", reason="refused by the SDK")
            yield _piece(_UNREADABLE)
        elif first.get("status") == _NOT_FOUND and _is_plain(first):
            yield _piece(_NOTHING_HERE)
        else:
            yield first
            yield from pieces

    return answered


def _is_plain(piece: Mapping[str, Any]) -> bool:
    headers = {name.lower(): value for name, value in piece.get("headers", {}).items()}
    return str(headers.get("content-type", "")).startswith("text/plain")


def _piece(answer: HttpResponse) -> dict[str, Any]:
    return {"status": answer.status, "headers": dict(answer.headers), "result": answer.body.hex()}
