# SPDX-License-Identifier: Apache-2.0
"""The errors that every store raises, in the same words whichever store it is."""

from approvals.domain.retention import Tombstone
from approvals.errors import ApprovalError, ErrorCode, shown


def not_found(request_id: str) -> ApprovalError:
    """Nothing is kept under this id."""
    return ApprovalError(
        ErrorCode.NOT_FOUND,
        f"there is no request {shown(request_id)}; use the request_id that analyze_approval gave",
    )


def already_exists(request_id: str) -> ApprovalError:
    """The id of a new record is taken."""
    return ApprovalError(
        ErrorCode.ALREADY_EXISTS,
        f"request {shown(request_id)} exists already; leave request_id empty for a new one, or use another",
    )


def removed(left: Tombstone) -> ApprovalError:
    """Retention removed what was kept under this id."""
    return ApprovalError(ErrorCode.NOT_FOUND, f"request {shown(left.request_id)} {_what_is_left(left)}")


def id_of_removed(left: Tombstone) -> ApprovalError:
    """The id of a new record belongs to a request that retention removed."""
    return ApprovalError(
        ErrorCode.ALREADY_EXISTS,
        f"request {shown(left.request_id)} {_what_is_left(left)} Use another id, or leave it empty",
    )


def _what_is_left(left: Tombstone) -> str:
    ending = (
        f"; the last entry of its ledger, number {left.entries}, has hash {left.head}" if left.head else ""
    )
    return (
        f"was decided ('{left.state}') and removed on {left.removed_at:%Y-%m-%d}, when the retention_days of its "
        f"policy had passed{ending}."
    )


def version_conflict(request_id: str, expected: int, found: int) -> ApprovalError:
    """Another write came first."""
    return ApprovalError(
        ErrorCode.VERSION_CONFLICT,
        f"request {shown(request_id)} is at version {found}, not {expected}: somebody else changed it; "
        "read it again and decide on what it says now",
    )


def store_full() -> ApprovalError:
    """Dify's storage has no room for what was to be written."""
    return ApprovalError(
        ErrorCode.STORE_FULL,
        "the storage that Dify grants this plugin in this workspace is full. Open requests can still be decided, new "
        "ones are refused. Move everything to a database with devkit move and store_url, or raise "
        "PERSISTENCE_STORAGE_MAX_SIZE of Dify's plugin daemon; retention_days in the policy, with sweep_deadlines on a "
        "schedule, lets decided requests go in time",
    )


def unavailable(what: str, why: str, remedy: str = "try again in a moment") -> ApprovalError:
    """The store did not do `what`, because of `why`."""
    return ApprovalError(ErrorCode.STORE_UNAVAILABLE, f"the store could not {what}: {why}; {remedy}")
