# SPDX-License-Identifier: Apache-2.0
"""Small worlds that the domain's tests share: a policy, a request, any analysis, any policy."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from hypothesis import strategies as st

from approvals.domain import transitions
from approvals.domain.decisions import Decision
from approvals.domain.ledger_keys import UNKEYED, LedgerKeys
from approvals.domain.policy_reader import (
    PolicyDocument,
    policy_from_document,
    read_policy,
    stored_policy,
)
from approvals.domain.records import Analysis, ApprovalRecord, ApprovalRequest, Finding, Total
from approvals.domain.terms import Event, Flag, Level, Risk, Severity
from approvals.errors import ApprovalError

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DEFAULT = read_policy((Path(__file__).parents[3] / "policies" / "default.yaml").read_text(encoding="utf-8"))


FINDING = Finding(code="amount_in_text", severity=Severity.HIGH, message="the text names 9,000 USD")


def request(**changes: Any) -> ApprovalRequest:
    """A purchase of 300 USD by Ann, changed as asked."""
    given = {"request_id": "r-1", "content": "A chair", "request_type": "purchase", "currency": "USD"}
    return ApprovalRequest(**{**given, "amount": Decimal(300), "requester": "Ann", **changes})


def analysis(**changes: Any) -> Analysis:
    """A calm analysis: low risk, a manager, nothing in the way; changed as asked."""
    calm: dict[str, Any] = {
        "usable": True,
        "risk": Risk.LOW,
        "level": Level.MANAGER,
        "auto_approve": True,
        "confidence": 0.95,
        "summary": "A chair.",
        "model": "stub",
        "prompt_tokens": 100,
        "completion_tokens": 50,
        "cost_usd": Decimal("0.00003"),
        "cost_known": True,
        "latency_ms": 40,
        "attempts": 1,
        "at": NOW,
    }
    return Analysis(**{**calm, **changes})


def record(policy: PolicyDocument = DEFAULT, **changes: Any) -> ApprovalRecord:
    """A pending record of `request()`, analysed, changed as asked."""
    given: dict[str, Any] = {
        "request": request(),
        "policy": policy.document,
        "policy_digest": policy.digest,
        "created_at": NOW,
        "updated_at": NOW,
        "analysis": analysis(),
    }
    return ApprovalRecord(**{**given, **changes})


def carried_out(
    start: ApprovalRecord, step: Decision, at: datetime = NOW, keys: LedgerKeys = UNKEYED
) -> ApprovalRecord:
    """The record after a step, under its own policy."""
    return transitions.apply(start, step, at, stored_policy(start.policy, start.policy_digest), keys)


def after(start: ApprovalRecord, *steps: Decision) -> ApprovalRecord:
    """The record after the steps, a minute apart; a missed deadline comes when it is due."""
    for step in steps:
        moment = start.updated_at + timedelta(minutes=1)
        due = step.event is Event.TIMEOUT and start.deadline_at
        start = carried_out(start, step, start.deadline_at if due and start.deadline_at else moment)
    return start


def approve(actor: str, level: Level | None = None) -> Decision:
    """A signature."""
    return Decision(Event.APPROVE, actor, level)


def refusal(start: ApprovalRecord, step: Decision) -> ApprovalError:
    """The error that a refused step meets."""
    try:
        carried_out(start, step, start.updated_at + timedelta(minutes=1))
    except ApprovalError as error:
        return error
    raise AssertionError(f"{step} was not refused")


SUBMIT = Decision(Event.SUBMIT)


def people(*names: str) -> list[dict[str, Any]]:
    """Persons of `PEOPLE` as a policy lists them."""
    return [{"name": name, "email": PEOPLE[name][0], "levels": PEOPLE[name][1]} for name in names]


def stages_policy(*stages: str | dict[str, Any], **changes: Any) -> PolicyDocument:
    """A policy that sends everything through the given stages."""
    return policy_from_document({"version": 1, "default": {"stages": list(stages)}, **changes})


amounts = st.none() | st.decimals(0, 100_000, places=2, allow_nan=False)
requests = st.builds(
    request,
    amount=amounts,
    currency=st.sampled_from(["", "USD", "EUR", "JPY"]),
    request_type=st.sampled_from(["", "expense", "purchase", "access"]),
    vendor=st.sampled_from(["", "Contoso", "contoso ", "Fabrikam"]),
    cost_center=st.sampled_from(["", "4711", "0815"]),
    context=st.dictionaries(
        st.sampled_from(["department", "Team"]),
        st.sampled_from(["sales", "IT", 7, None, True]) | st.lists(st.sampled_from(["sales", "it"])),
    ),
    deadline_hours=st.none() | st.decimals(1, 200, places=1),
)
analyses = st.builds(
    analysis,
    usable=st.booleans(),
    risk=st.sampled_from(Risk),
    level=st.sampled_from(Level),
    auto_approve=st.booleans(),
    confidence=st.floats(0, 1),
    flags=st.lists(st.sampled_from(Flag), unique=True).map(tuple),
    total=st.none()
    | st.builds(
        Total,
        amount=st.decimals(0, 100_000, places=2),
        currency=st.sampled_from(["", "USD", "EUR", "JPY", "XYZ"]),
    ),
    combined=st.none() | st.builds(Total, amount=st.decimals(1, 100_000, places=2), currency=st.just("USD")),
    findings=st.lists(st.just(FINDING), max_size=1).map(tuple),
)

_stages = st.lists(st.sampled_from(Level), min_size=1, unique=True).map(
    lambda levels: [level.value for level in sorted(levels, key=lambda level: level.rank)]
)
_signed_stages = st.tuples(_stages, st.lists(st.integers(1, 3), min_size=4, max_size=4)).map(
    lambda drawn: [
        level if count == 1 else {"level": level, "signatures": count}
        for level, count in zip(*drawn, strict=False)
    ]
)
_review = st.fixed_dictionaries({"stages": _signed_stages, "deadline_hours": st.integers(1, 100)})
_bound = st.integers(0, 60_000)
_conditions = st.fixed_dictionaries(
    {},
    optional={
        "request_type": st.lists(st.sampled_from(["expense", "purchase", "access"]), min_size=1),
        "amount": st.builds(lambda low, more: {"from": low, "to": low + more}, _bound, _bound)
        | st.builds(lambda low, more: {"above": low, "below": low + more + 1}, _bound, _bound)
        | st.builds(
            lambda word, bound: {word: bound + 1}, st.sampled_from(["from", "above", "to", "below"]), _bound
        ),
        "vendor": st.lists(st.sampled_from(["Contoso", "FABRIKAM"]), min_size=1),
        "cost_center": st.lists(st.sampled_from([4711, "0815"]), min_size=1),
        "context": st.dictionaries(
            st.sampled_from(["department", "team"]),
            st.lists(st.sampled_from(["sales", "it", 7, "true"]), min_size=1),
            min_size=1,
        ),
        "risk": st.lists(st.sampled_from([risk.value for risk in Risk]), min_size=1, unique=True),
    },
)
_rules = st.lists(
    st.fixed_dictionaries({"when": _conditions, "then": _review | st.just({"auto_approve": True})}),
    max_size=5,
).map(lambda rules: [{"name": f"rule-{number}", **rule} for number, rule in enumerate(rules)])
_OTHER_CHECKS: Final = {
    **dict.fromkeys(("near_limit", "future_document", "new_vendor", "above_usual"), st.booleans()),
    **dict.fromkeys(
        ("duplicates", "splitting", "stale_document"),
        st.booleans() | st.sampled_from(["on", "off", {"days": 30}]),
    ),
}
_budgets: Final = st.lists(
    st.fixed_dictionaries(
        {"period": st.sampled_from(["month", "quarter", "year"]), "amount": st.integers(1, 5_000)},
        optional={
            "cost_center": st.just([4711]),
            "vendor": st.just(["Contoso"]),
            "context": st.just({"department": ["sales"]}),
        },
    ),
    max_size=3,
    unique_by=lambda one: (one["period"], *sorted(key for key in one if key != "amount")),
)
PEOPLE = {
    "Ann": ("ann@example.com", ["manager"]),
    "Bea": ("bea@example.com", ["manager", "director"]),
    "Dan": ("dan@example.com", ["director"]),
    "Vic": ("vic@example.com", ["vp"]),
    "Eve": ("eve@example.com", ["executive"]),
}
spellings = st.sampled_from(
    [
        *("", "Ann", "Bea", "Dan", "Vic", "Eve", "Mallory", "workflow", "Bo", "bo@example.com"),
        *("ann@example.com", "mailto:bea@example.com", "Dan <dan+x@example.com>", "VIC@example.com"),
        *("\u0430nn", "B\u0435a", "ann.", "Be\u200ba", "ann\u00ad@example.com", "  eve ", "\u200b"),
    ]
)
_people = st.lists(st.sampled_from(sorted(PEOPLE)), unique=True).map(lambda names: people(*names))
_deputies = st.lists(st.sampled_from(sorted(PEOPLE)), unique=True, max_size=2).map(
    lambda names: [
        {"of": name, "is": "Bo <bo@example.com>", "from": "2026-01-01", "until": "2026-12-31"}
        for name in names
    ]
)
policies = st.fixed_dictionaries(
    {"version": st.just(1), "rules": _rules, "default": _review},
    optional={
        "exchange_rates": st.just({"EUR": "1.08"}),
        "min_confidence": st.floats(0, 1),
        "checks": st.fixed_dictionaries({"amount_in_text": st.booleans()}, optional=_OTHER_CHECKS),
        "people": _people,
        "budgets": _budgets,
        "deputies": _deputies,
        "remind_at": st.just([0.5, 0.9]),
        "on_timeout": st.sampled_from(["escalate", "expire"]),
        "separation_of_duties": st.booleans(),
        "distinct_approvers": st.booleans(),
    },
).map(policy_from_document)
