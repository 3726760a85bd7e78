# SPDX-License-Identifier: Apache-2.0
"""A request to try a policy on: its fields as they are typed, and what the model is taken to say of it."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import Field, ValidationError

from approvals.domain.budgets import budget_findings, covered, uses_of
from approvals.domain.checks import NOTHING_FOUND, Comparison, with_findings
from approvals.domain.policy import Policy
from approvals.domain.policy_conditions import Word
from approvals.domain.policy_faults import explain
from approvals.domain.policy_text import PolicyText, parse
from approvals.domain.policy_types import Currency, Hours, Money, Part
from approvals.domain.records import Analysis, ApprovalRequest, Route
from approvals.domain.routing import route
from approvals.domain.terms import Level, Risk

_ID: Final = "tried request"  # no stored request has it: an id has no blank


class Said(StrEnum):
    """What the model says of the risk; `none` where there is no usable analysis."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    NONE = "none"


class Asked(Part):
    """The fields of a request, and of its analysis."""

    content: str = ""
    request_type: str = ""
    amount: Money | None = None
    currency: Currency | None = None
    requester: str = ""
    vendor: str = ""
    document_number: str = ""
    document_date: date | None = None
    cost_center: Word | None = None
    priority: Annotated[int, Field(ge=1, le=5)] | None = None
    deadline_hours: Hours | None = None
    context: Mapping[str, Any] = Field(default_factory=dict)
    spent: Mapping[str, Money] = Field(
        default_factory=dict, description="What other requests take of budgets, by their names."
    )
    risk: Said | None = Field(None, description="What the model finds; each of them in turn when not given.")
    level: Level = Field(Level.MANAGER, description="The level that the model asks for.")
    confidence: Annotated[float, Field(ge=0, le=1)] = 0.95

    def request(self) -> ApprovalRequest:
        """The request."""
        fields = self.model_dump(
            include=set(ApprovalRequest.model_fields) - {"request_id"}, exclude_none=True
        )
        return ApprovalRequest(request_id=_ID, **fields)

    def analysis(self, risk: Said) -> Analysis:
        """An analysis that is calm but for what is given."""
        usable = risk is not Said.NONE
        return Analysis(
            usable=usable,
            risk=Risk(risk) if usable else Risk.HIGH,
            level=self.level,
            auto_approve=usable,
            confidence=self.confidence if usable else 0.0,
            summary="",
            model="",
            prompt_tokens=0,
            completion_tokens=0,
            cost_usd=Decimal(0),
            cost_known=True,
            latency_ms=0,
            attempts=0,
            at=datetime.fromtimestamp(0, UTC),
        )

    def checked(self, policy: Policy, risk: Said, others: Comparison = NOTHING_FOUND) -> Analysis:
        """The analysis with what the checks find in the content, and with what other requests say."""
        compared = self._with_spent(policy, others) if self.spent else others
        return with_findings(policy, self.request(), self.analysis(risk), compared=compared)

    def route(self, policy: Policy, risk: Said, others: Comparison = NOTHING_FOUND) -> Route:
        """The route under `policy`."""
        return route(policy, self.request(), self.checked(policy, risk, others))

    def require_budgets(self, policy: Policy) -> None:
        """Raises `ValueError` where `spent` names what is no budget of the policy."""
        known = [budget.title for budget in policy.budgets]
        for name in self.spent:
            if name not in known:
                listed = ", ".join(map(repr, known)) or "none"
                raise ValueError(f"spent: the policy has no budget {name!r}; its budgets: {listed}")

    def _with_spent(self, policy: Policy, others: Comparison) -> Comparison:
        found = covered(policy, self.request(), datetime.now(UTC))
        taken = {one.account: self.spent.get(one.budget.title, Decimal(0)) for one in found}
        uses = uses_of(policy, found, taken)
        return others._replace(findings=(*others.findings, *budget_findings(uses)), budgets=uses)


def read_asked(text: str) -> Asked:
    """One request in JSON or YAML. Raises `ValueError` with the place, what was found, and what is allowed."""
    return _read(Asked, parse(text))


def _read[M: Part](model: type[M], text: PolicyText) -> M:
    try:
        return model.model_validate(text.document)
    except ValidationError as error:
        raise ValueError(explain(error, text, {"": model})) from None
