# SPDX-License-Identifier: Apache-2.0
"""What a caller wants to happen to a request."""

from dataclasses import dataclass

from approvals.domain.canonical import digest
from approvals.domain.terms import Event, HowKnown, IfRefused, Level

SYSTEM = "system"
UNNAMED = "unnamed"


@dataclass(frozen=True, slots=True)
class Decision:
    """One event that someone wants to happen.

    `if_refused` says what becomes of the request when the actor may not do it. `correlation_id` is that of the HTTP
    request that brought it, if one did.
    """

    event: Event
    actor: str = ""
    actor_level: Level | None = None
    comment: str = ""
    expected_version: int | None = None
    idempotency_key: str = ""
    content_digest: str = ""
    if_refused: IfRefused = IfRefused.STOP
    how_known: HowKnown = HowKnown.TYPED
    correlation_id: str = ""

    @property
    def fingerprint(self) -> str:
        """What a repeated call must have in common with the first to be the same step."""
        level = self.actor_level or ""
        return digest({"event": self.event, "actor": self.signed, "level": level, "comment": self.comment})

    @property
    def signed(self) -> str:
        """The actor as the ledger names it; a missed deadline, and a submission by nobody, are the system's."""
        if self.event is Event.TIMEOUT:
            return SYSTEM
        return self.actor or (SYSTEM if self.event is Event.SUBMIT else UNNAMED)
