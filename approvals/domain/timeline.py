# SPDX-License-Identifier: Apache-2.0
"""How long each level took: the time from when it was asked to its answer."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final, NamedTuple

from approvals.domain.decisions import SYSTEM
from approvals.domain.records import ApprovalRecord

_ANSWERS: Final = frozenset({"approve", "reject", "escalate", "return"})


class Decided(NamedTuple):
    """One answer of one level. `seconds`: since that level was asked."""

    event: str
    level: str
    seconds: float


def decisions_in(record: ApprovalRecord) -> Iterator[Decided]:
    """What people decided on a request, oldest first; what the system did is none of it."""
    asked: datetime | None = None
    for step in record.history:
        entry = step.entry
        at = datetime.fromisoformat(entry.at)
        if asked is not None and entry.event in _ANSWERS and entry.actor != SYSTEM:
            yield Decided(entry.event.value, entry.level, (at - asked).total_seconds())
        asked = at
