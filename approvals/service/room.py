# SPDX-License-Identifier: Apache-2.0
"""What is kept only while there is room: it stops no decision when the storage is full."""

from collections.abc import Iterator
from contextlib import contextmanager

from approvals.errors import ApprovalError, ErrorCode
from approvals.telemetry import get_logger

_log = get_logger(__name__)


@contextmanager
def unless_full(request_id: str, consequence: str) -> Iterator[None]:
    """Around a write that may be left out when the storage is full; the log then says what follows from it."""
    try:
        yield
    except ApprovalError as error:
        if error.code is not ErrorCode.STORE_FULL:
            raise
        _log.error("storage_full", request_id=request_id, consequence=consequence)
