# SPDX-License-Identifier: Apache-2.0
"""Tells the log the newest entry of each ledger that was written, so that a system outside of the store holds it.

Whoever rewrites the store cannot rewrite that log: `devkit export --expect-head` compares the two.
"""

from approvals.domain.records import ApprovalRecord
from approvals.telemetry import get_logger

_log = get_logger(__name__)


def log_head(record: ApprovalRecord) -> None:
    """One line for the newest entry of a record that was just saved."""
    if record.history:
        head = record.history[-1].entry
        _log.info(
            "ledger_head",
            request_id=head.request_id,
            sequence=head.sequence,
            hash=head.hash,
            key_id=head.key_id,
        )
