# SPDX-License-Identifier: Apache-2.0
"""Where a page of a search ended, as text that the caller hands back.

A position is the creation time and id of the last record given. Neither ever changes, so a page that
is asked for later begins where the last one ended, whatever was written meanwhile.
"""

import base64
import binascii
import re
from typing import NamedTuple

from approvals.errors import ApprovalError, ErrorCode, shown

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


class Position(NamedTuple):
    """A place in the order of searches: `at` is RFC 3339 in UTC with microseconds, so that texts sort as times."""

    at: str
    request_id: str


def cursor_after(position: Position) -> str:
    """The cursor of the page that begins after `position`."""
    return base64.urlsafe_b64encode(f"{position.at} {position.request_id}".encode()).decode()


def position_in(cursor: str) -> Position | None:
    """The position in a cursor; None for the first page. Raises `bad_parameter` for any other text."""
    if not cursor:
        return None
    try:
        at, _, request_id = base64.b64decode(cursor, altchars=b"-_", validate=True).decode().partition(" ")
    except (binascii.Error, ValueError):
        at, request_id = "", ""
    if not _TIME.fullmatch(at) or not request_id:
        raise ApprovalError(
            ErrorCode.BAD_PARAMETER,
            f"cursor {shown(cursor)} is not valid; leave it empty for the first page, then pass next_cursor as it was "
            "given",
        )
    return Position(at, request_id)
