# SPDX-License-Identifier: Apache-2.0
"""What is kept about a request: frozen models from the first word to the last signature."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field

from approvals.domain.canonical import digest
from approvals.domain.terms import Event, Flag, HowKnown, Language, Level, Risk, Severity, State


def _is_empty(value: object) -> bool:
    return not value


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ApprovalRequest(_Frozen):
    """What someone asks for, as it was typed."""

    request_id: str
    content: str
    request_type: str = ""
    amount: Decimal | None = None
    currency: str = ""
    requester: str = ""
    vendor: str = ""
    document_number: str = ""
    document_date: date | None = None
    cost_center: str = ""
    priority: int | None = Field(None, description="1 is the most urgent, 5 the least.")
    deadline_hours: Decimal | None = None
    context: Mapping[str, Any] = Field(default_factory=dict)
    language: Language | None = Field(None, description="Of what approvers read; None: the content's own.")

    @property
    def content_digest(self) -> str:
        """The digest of what is asked: what a repeated call must have in common."""
        return digest(self.model_dump(mode="json", exclude={"request_id", "language"}))


class Factor(_Frozen):
    """One thing the model noticed, with the words it quotes for it."""

    claim: str
    evidence: str
    verified: bool = Field(description="True when the quoted words stand in the request.")


class Finding(_Frozen):
    """What a check found. It forbids auto-approval, and the approver sees it."""

    code: str
    severity: Severity
    message: str
    other_request: str = Field("", description="The id of the request that it was compared with.")


class Total(_Frozen):
    """The whole amount that a text asks for, as the model reads it. An empty currency is the request's."""

    amount: Decimal
    currency: str = ""


class BudgetUse(_Frozen):
    """What requests take of a budget in one period. `others`: what was approved, or is asked for, besides this one."""

    budget: str
    first: date
    last: date
    others: Decimal
    own: Decimal
    amount: Decimal
    currency: str

    @property
    def is_over(self) -> bool:
        """True where the budget is not enough."""
        return self.others + self.own > self.amount

    @property
    def percent(self) -> int:
        """How much is taken with this request; rounded so that up to 100 it is enough, and above it is not."""
        exact = (self.others + self.own) * 100 / self.amount
        return int(exact.to_integral_value(ROUND_CEILING if self.is_over else ROUND_FLOOR))


class Cost(Protocol):
    """What calls to a model cost, as `Analysis` and the client's `Spend` both say it."""

    @property
    def prompt_tokens(self) -> int: ...
    @property
    def completion_tokens(self) -> int: ...
    @property
    def cost_usd(self) -> Decimal: ...
    @property
    def cost_known(self) -> bool: ...
    @property
    def attempts(self) -> int: ...


class Analysis(_Frozen):
    """What the model said, checked, with what it cost. A failed analysis counts as high risk."""

    usable: bool
    risk: Risk
    level: Level
    auto_approve: bool
    confidence: float
    summary: str
    factors: tuple[Factor, ...] = ()
    flags: tuple[Flag, ...] = ()
    total: Total | None = None
    findings: tuple[Finding, ...] = ()
    combined: Total | None = Field(
        None,
        exclude_if=_is_empty,
        description="What this request and those that it seems to be split from come to; the rules see that, too.",
    )
    budgets: tuple[BudgetUse, ...] = Field(
        (), exclude_if=_is_empty, description="The budgets that this request takes of, the fullest first."
    )
    model: str
    prompt_tokens: int
    completion_tokens: int
    cost_usd: Decimal
    cost_known: bool = Field(
        description="False when part of the cost is not known; `cost_usd` is then a part."
    )
    latency_ms: int
    attempts: int
    error_code: str = ""
    error_message: str = ""
    at: datetime

    @property
    def tokens_used(self) -> int:
        """Tokens in and out."""
        return self.prompt_tokens + self.completion_tokens

    def with_cost_of(self, other: Cost) -> "Analysis":
        """The same analysis, which cost that much more."""
        return self.model_copy(
            update={
                "prompt_tokens": self.prompt_tokens + other.prompt_tokens,
                "completion_tokens": self.completion_tokens + other.completion_tokens,
                "cost_usd": self.cost_usd + other.cost_usd,
                "cost_known": self.cost_known and other.cost_known,
                "attempts": self.attempts + other.attempts,
            }
        )


class Route(_Frozen):
    """What the policy, and the model on top of it, ask for."""

    auto_approve: bool
    stages: tuple[Level, ...]
    deadline_hours: Decimal
    rule: str
    reasons: tuple[str, ...]

    @property
    def strictness(self) -> tuple[int, int]:
        """Rises with the friction: the highest level that must sign, then how many must."""
        return (max((level.rank for level in self.stages), default=-1), len(self.stages))


class LedgerEntry(_Frozen):
    """One event in the hash chain. `hash` covers every other field (see `ledger.py`).

    `level` is the one that the actor's decision counts for. An entry that was written under a key names it, and signs
    what it left to do as well.
    """

    previous_hash: str
    request_id: str
    sequence: int
    revision: int = Field(
        0, exclude_if=_is_empty, description="Which content it is about; 0 in entries of before revisions."
    )
    at: str
    event: Event
    actor: str
    acting_for: str = Field(
        "", exclude_if=_is_empty, description="Whom the actor stood in for as a deputy; empty for nobody."
    )
    how_known: HowKnown | Literal[""] = Field("", description="Empty for what the system does.")
    level: str
    from_state: State
    to_state: State
    policy_digest: str
    analysis_digest: str
    comment_digest: str
    correlation_id: str = Field(
        "",
        exclude_if=_is_empty,
        description="Of the HTTP request that brought the event; empty for other events.",
    )
    key_id: str = Field("", exclude_if=_is_empty, description="Of the key under which `hash` is an HMAC.")
    standing_digest: str = Field(
        "", exclude_if=_is_empty, description="Of the stages, deadline and version that the event led to."
    )
    hash: str


class RouteAnswer(_Frozen):
    """What an event led to, in the words that `route_approval` answers with."""

    model_config = ConfigDict(
        frozen=True, extra="ignore"
    )  # some that were stored earlier hold an address, too

    request_id: str
    state: State
    previous_state: State
    next_step: str
    approver_level: str
    stages_left: tuple[Level, ...]
    deadline_at: str
    version: int
    reason: str
    policy_rule: str
    policy_digest: str
    entry_hash: str


class Refusal(_Frozen):
    """A decision that was refused. It changed nothing; auditors see who tried what."""

    at: datetime
    event: Event
    actor: str
    actor_level: str = Field(description="The level that the caller stated; empty when none.")
    how_known: HowKnown
    comment: str = ""
    code: str
    reason: str


class Step(_Frozen):
    """One event of a request's history: its ledger entry, and what a repeat of it must answer."""

    entry: LedgerEntry
    comment: str
    idempotency_key: str
    fingerprint: str
    answer: RouteAnswer


class Revision(_Frozen):
    """One content of a request, other than the one that is decided on: an earlier one, or the next."""

    request: ApprovalRequest
    analysis: Analysis | None = Field(None, description="None while it is being made.")
    at: datetime = Field(description="When it was given; of an earlier one, when it was replaced.")
    idempotency_key: str = Field("", exclude_if=_is_empty)


class ApprovalRecord(_Frozen):
    """Everything about one request. `version` counts its writes, from 1."""

    request: ApprovalRequest
    idempotency_key: str = ""
    policy: Mapping[str, Any] | None = Field(
        None,
        description="The policy itself, in a record that stands alone: an export, or one that was written before "
        "stores kept policies once under their digest.",
    )
    policy_digest: str
    state: State = State.PENDING
    version: int = 1
    revision: int = Field(1, description="Counts the contents that this request has had.")
    revision_key: str = Field(
        "", exclude_if=_is_empty, description="The idempotency key that a later content came with."
    )
    created_at: datetime
    updated_at: datetime
    analysis: Analysis | None = None
    next_revision: Revision | None = Field(
        None,
        exclude_if=_is_empty,
        description="What the requester of a returned request wants it to become; `resubmit` does that.",
    )
    past_revisions: tuple[Revision, ...] = Field(
        (), exclude_if=_is_empty, description="What it was before, the first one first."
    )
    route: Route | None = None
    stages: tuple[Level, ...] = Field(
        (),
        description="A level for each signature that is missing, the current one first; they never fall. A returned "
        "request keeps them for when it comes back.",
    )
    deadline_at: datetime | None = None
    remove_at: datetime | None = Field(
        None,
        exclude_if=_is_empty,
        description="When the policy's `retention_days` end, once the request is decided; None for never.",
    )
    remind_at: tuple[datetime, ...] = Field(
        (), exclude_if=_is_empty, description="When whoever has to act is reminded, the next one first."
    )
    reminded: int = Field(
        0, exclude_if=_is_empty, description="How many reminders there were since the last event."
    )
    history: tuple[Step, ...] = ()

    @property
    def request_id(self) -> str:
        """The request's id."""
        return self.request.request_id

    @property
    def level(self) -> Level | None:
        """The level that has to sign now; None while nobody has to."""
        return self.stages[0] if self.stages and self.state.in_review else None

    @property
    def analysis_digest(self) -> str:
        """Binds the ledger to what was asked and what the model said of it."""
        return revision_digest(self.request, self.analysis)

    @property
    def ledger(self) -> tuple[LedgerEntry, ...]:
        """The chain of entries, oldest first."""
        return tuple(step.entry for step in self.history)

    @property
    def requesters(self) -> Sequence[str]:
        """Who asked for it: the requester, and whoever brought it back for them."""
        back = (entry.actor for entry in self.ledger if entry.event is Event.RESUBMIT)
        return list(dict.fromkeys([self.request.requester, *back]))

    @property
    def signatures(self) -> Sequence[tuple[Level, str, str]]:
        """The signatures of this content so far: the level of the stage, who signed, and for whom as a deputy."""
        asked = (step.answer.stages_left for step in self.history)
        following = zip(asked, (step.entry for step in self.history[1:]), strict=False)
        return [
            (stages[0], entry.actor, entry.acting_for)
            for stages, entry in following
            if entry.event is Event.APPROVE and (entry.revision or 1) == self.revision
        ]

    @property
    def next_step(self) -> str:
        """What a workflow does next: `submit`, `resubmit`, `closed`, or `review_` and the level that must sign."""
        if self.state.final:
            return "closed"
        if self.state is State.RETURNED:
            return "resubmit"
        return f"review_{self.level}" if self.level else "submit"


def revision_digest(request: ApprovalRequest, analysis: Analysis | None) -> str:
    """Binds the ledger to what was asked and what the model said of it."""
    said = analysis.model_dump(mode="json") if analysis else None
    return digest({"request": request.model_dump(mode="json"), "analysis": said})
