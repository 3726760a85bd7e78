# SPDX-License-Identifier: Apache-2.0
"""What is moved, wherever it is read from."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, Field

from approvals.domain.notices import Notice
from approvals.domain.records import ApprovalRecord, Refusal
from approvals.domain.retention import Tombstone
from approvals.domain.traces import Trace
from approvals.store.dify.budget_book import KeptBudgets
from approvals.store.protocol import DeadLetter


class MoveError(ValueError):
    """Nothing can be moved: the source or the target is not what the command needs."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Something that is kept and cannot be read. `name` is the request's id, or else the file."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Kept:
    """One request's record, and the decisions on it that were refused, oldest first."""

    record: ApprovalRecord
    refusals: Sequence[Refusal] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """An idempotency key's sha256, and the request that holds the key."""

    key_digest: str
    request_id: str


@dataclass(frozen=True, slots=True)
class KeptPolicy:
    """A policy, and the digest that records name it by."""

    digest: str
    document: Mapping[str, Any]


class Spent(BaseModel):
    """What an account, named by a digest, spent on a day, in billionths of a US dollar."""

    model_config = ConfigDict(frozen=True)

    account: str
    day: date
    spent: int = Field(ge=0)


class Source(Protocol):
    """Where approvals are moved from. It is only read."""

    def policies(self) -> Iterator[KeptPolicy | Unreadable]:
        """Every policy. Asked first: records name them."""
        ...

    def requests(self) -> Iterator[Kept | Unreadable]:
        """Every request."""
        ...

    def tombstones(self) -> Iterator[Tombstone]:
        """What is left of requests that retention removed, as far as `requests` has come upon it. Asked after that."""
        ...

    def dead_letters(self) -> Iterator[DeadLetter | Unreadable]:
        """Every analysis that could not be made."""
        ...

    def claims(self) -> Iterator[Claim | Unreadable]:
        """Every idempotency key."""
        ...

    def notices(self) -> Iterator[Notice | Unreadable]:
        """Every notice that was not delivered yet."""
        ...

    def spends(self) -> Iterator[Spent | Unreadable]:
        """What each account spent on the last day that it was used, for daily_budget_usd."""
        ...

    def traces(self) -> Iterator[Trace | Unreadable]:
        """What requests are compared by; one that is in two lists comes twice."""
        ...

    def budgets(self) -> Iterator[KeptBudgets | Unreadable]:
        """What requests take of budgets, in one. Asked after `requests`."""
        ...

    def others(self) -> Iterator[Unreadable]:
        """What is kept and is nothing of the above. Asked last."""
        ...
