# SPDX-License-Identifier: Apache-2.0
"""The room that an open request keeps free behind its record, so that it can be decided when the storage is full.

When nothing else fits any more, a decision is written into that room: the record takes no more bytes than before.
"""

from typing import Final

from approvals.domain.records import ApprovalRecord
from approvals.domain.terms import State

# An event adds some 350 bytes, compressed, its comment, and two listings.
_FOR_ANALYSIS: Final = 1_024
_FOR_SUBMIT: Final = 1_536
_FOR_DECISIONS: Final = 3_072
LISTINGS: Final = 512
"""What the lists may need of the room with each event."""


def room_of(record: ApprovalRecord) -> int:
    """Bytes that a record keeps free; none once it is decided."""
    if record.state.final:
        return 0
    if record.state is State.PENDING:
        return _FOR_SUBMIT + (_FOR_ANALYSIS if record.analysis is None else 0)
    return _FOR_DECISIONS
