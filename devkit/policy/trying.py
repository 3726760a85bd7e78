# SPDX-License-Identifier: Apache-2.0
"""Tries a policy on one request: which rule decides at each risk, and which test kept every earlier rule out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from approvals.domain.checks import NOTHING_FOUND, Comparison
from approvals.domain.facts import Facts
from approvals.domain.policy import Policy, Rule
from approvals.domain.records import Route
from approvals.domain.routing import policy_facts, policy_route
from approvals.domain.terms import Risk
from devkit.policy.asked import Asked, Said

_NAMED: Final = 4


@dataclass(frozen=True, slots=True)
class Reason:
    """What kept a rule out at one risk: the tests that fail, or why it may not approve; none where it decides."""

    rule: str
    failed: Sequence[str]


@dataclass(frozen=True, slots=True)
class Tried:
    """What becomes of the request at one risk."""

    risk: Said
    route: Route
    reasons: Sequence[Reason]
    """For each rule down to the one that decides."""
    added: Sequence[str]
    """What added friction: findings of the checks, and what the analysis asks for."""
    decided_at: Said
    """The risk at which the rule decides: a lower one where that needs more."""


def tried(policy: Policy, asked: Asked, others: Comparison = NOTHING_FOUND) -> list[Tried]:
    """The request at the risk that it names, or at every one. `others`: what other requests say of it."""
    facts = policy_facts(policy, asked.request())
    return [_at(policy, asked, others, facts, risk) for risk in ([asked.risk] if asked.risk else Said)]


def _at(policy: Policy, asked: Asked, others: Comparison, facts: Facts, risk: Said) -> Tried:
    route = asked.route(policy, risk, others)
    reasons = []
    for rule in policy.rules:
        decides = rule.name == route.rule
        reasons.append(Reason(rule.name, () if decides else _failed(rule, facts, risk)))
        if decides:
            break
    findings = [finding.message for finding in asked.checked(policy, risk, others).findings]
    told = [reason for reason in route.reasons[1:] if not any(one in reason for one in findings)]
    return Tried(
        risk,
        route,
        reasons,
        [*(f"a check finds: {one}" for one in findings), *told],
        _decided_at(policy, asked, risk, route),
    )


def _decided_at(policy: Policy, asked: Asked, risk: Said, route: Route) -> Said:
    highest = Risk.HIGH if risk is Said.NONE else Risk(risk)
    for each in reversed(Risk):
        if each.rank <= highest.rank and any(
            policy_route(policy, asked.request(), each, auto_approval=allowed).rule == route.rule
            for allowed in (True, False)
        ):
            return risk if each is highest else Said(each)
    return risk  # only with the larger total that a text names


def _failed(rule: Rule, facts: Facts, risk: Said) -> Sequence[str]:
    at = Risk.HIGH if risk is Said.NONE else Risk(risk)
    failed = [f"{key} is not {_wanted(rule, key)}" for key, held in rule.when.tests(facts, at) if not held]
    if failed:
        return failed
    if rule.then.auto_approve:
        return ["the amount is unknown" if facts.amount is None else "auto-approval is forbidden"]
    return ["a stricter rule stands"]


def _wanted(rule: Rule, key: str) -> str:
    """What a test takes, in words."""
    if key == "amount":
        return str(rule.when.amount)
    words = sorted(rule.when.words.get(key, ())) or [risk.value for risk in rule.when.risk or ()]
    more = f" or {len(words) - _NAMED} more" if len(words) > _NAMED else ""
    return " or ".join(words[:_NAMED]) + more


def facts_in_words(policy: Policy, asked: Asked) -> list[tuple[str, str]]:
    """What the rules see of the request: each fact's key, and its value."""
    facts = policy_facts(policy, asked.request())
    amount = "unknown" if facts.amount is None else f"{facts.amount:,f} {policy.currency}"
    if facts.amount is None and asked.amount is not None:
        amount = f"unknown: no rate for {asked.currency}"
    elif asked.amount is not None and asked.currency not in {None, policy.currency}:
        amount += f" ({asked.amount:,f} {asked.currency})"
    words = [(key, ", ".join(sorted(values))) for key, values in facts.words.items() if any(values)]
    return [("amount", amount), *words]
