# SPDX-License-Identifier: Apache-2.0
"""What the pages ask of approvals, over the plugin's own tools: find one, list some, decide."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, Protocol

from pydantic import BaseModel, ConfigDict, Field, field_validator

from approvals.domain.records import ApprovalRecord, Refusal
from approvals.domain.terms import Event, HowKnown, Language, Level, State
from approvals.errors import ApprovalError, ErrorCode
from approvals.web.tools import Tools

_LIST_LIMIT: Final = 100  # the most that `find_approvals` answers with


class Show(StrEnum):
    """Which requests a list shows."""

    MINE = "mine"
    OPEN = "open"
    OVERDUE = "overdue"
    DECIDED = "decided"
    ALL = "all"


class _Answered(BaseModel):
    """Part of what a tool answers; what a page does not need is left out."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Decided(_Answered):
    """One answer of one level. `seconds`: since that level was asked."""

    event: str
    level: str
    seconds: float


class Summary(_Answered):
    """One request in a list."""

    request_id: str
    state: State
    level: Level | None = None
    title: str = ""
    requester: str = ""
    request_type: str = ""
    vendor: str = ""
    amount: Decimal | None = None
    currency: str = ""
    risk_level: str = ""
    summary: str = ""
    deadline_at: str = ""
    overdue: bool = False
    created_at: str
    updated_at: str
    cost_usd: Decimal | None = None
    cost_known: bool = False
    decisions: tuple[Decided, ...] = ()

    @field_validator("level", "amount", "cost_usd", mode="before")
    @classmethod
    def _nothing(cls, value: object) -> object:
        """Tools answer with empty text where there is nothing."""
        return None if value == "" else value


class Whole(_Answered):
    """One request with all that is known of it."""

    record: ApprovalRecord
    refusals: tuple[Refusal, ...] = ()
    ledger_verdict: str = ""
    ledger_faults: tuple[str, ...] = ()
    overdue: bool = False
    may: tuple[Event, ...] = Field((), description="What this person can bring about now.")
    may_not: str = Field("", description="Why this person may not decide; empty where they may.")
    signs_as: str = Field("", description="The level that this person's decision counts for.")
    person: str = Field("", description="The person as the policy names them.")
    acting_for: str = Field("", description="Whom this person stands in for as a deputy.")
    titles: Mapping[Level, str] = Field(default_factory=dict, description="What the policy calls the levels.")


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of requests, newest first. `next_cursor` is empty on the last.

    `person` is who was asked about, as policies name them; empty where none of them lists that name.
    """

    found: Sequence[Summary]
    next_cursor: str = ""
    unreadable: Sequence[str] = ()
    person: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody decides on the version of a request that they saw. `known`: how we know who they are."""

    request_id: str
    event: Event
    person: str
    level: Level | None
    comment: str
    version: int
    known: HowKnown


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a choice: `status` is `ok`, `refused` or `conflict`, and `reason` why."""

    status: str
    state: str
    reason: str


class Approvals(Protocol):
    """Everything that pages can do. Each method raises `ApprovalError` for what the tool refuses."""

    def find(self, request_id: str, person: str) -> Whole:
        """One request, its ledger verified, and what `person` may do. Raises `not_found`."""
        ...

    def list(self, show: Show, person: str, *, cursor: str = "", limit: int = 20) -> Listing:
        """Some requests. `person` matters for those that wait for one's own decision."""
        ...

    def decide(self, choice: Choice, language: Language) -> Outcome:
        """Carry a decision out, once, unless the request has changed since."""
        ...


class ToolApprovals:
    """`Approvals` by the plugin's own tools."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    def find(self, request_id: str, person: str) -> Whole:
        asked = {"request_id": request_id, "approver": person, "verify_ledger": "true"}
        return Whole.model_validate(self._answer("find_approvals", asked)["approvals"][0])

    def list(self, show: Show, person: str, *, cursor: str = "", limit: int = 20) -> Listing:
        asked = {"cursor": cursor, "limit": str(min(limit, _LIST_LIMIT)), **_FILTERS[show]}
        if show is Show.MINE:
            asked["approver"] = person
        answer = self._answer("find_approvals", asked)
        found = [Summary.model_validate(one) for one in answer["approvals"]]
        return Listing(found, answer["next_cursor"], answer["unreadable"], answer["approver_name"])

    def decide(self, choice: Choice, language: Language) -> Outcome:
        asked = {
            "request_id": choice.request_id,
            "event": choice.event.value,
            "actor": choice.person,
            "actor_level": choice.level or "",
            "comment": choice.comment,
            "expected_version": str(choice.version),
            "language": language.value,
        }
        answer = self._tools.call("route_approval", asked, choice.known)
        return Outcome(answer["status"], answer["state"], answer["error_message"] or answer["reason"])

    def _answer(self, tool: str, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        answer = self._tools.call(tool, asked)
        if answer["status"] != "ok":
            raise ApprovalError(ErrorCode(answer["error_code"]), answer["error_message"])
        return answer


_FILTERS: Final[Mapping[Show, Mapping[str, str]]] = {
    Show.MINE: {"state": "open"},
    Show.OPEN: {"state": "open"},
    Show.OVERDUE: {"overdue": "true"},
    Show.DECIDED: {"state": "closed"},
    Show.ALL: {},
}
