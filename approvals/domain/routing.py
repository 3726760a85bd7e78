# SPDX-License-Identifier: Apache-2.0
"""Applies a policy to a request. The model may add friction to the result, never take any away."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from approvals.domain.checks import BUDGET, combined_request, larger_request
from approvals.domain.facts import Facts, facts_of
from approvals.domain.policy import Outcome, Policy
from approvals.domain.records import Analysis, ApprovalRequest, Route
from approvals.domain.terms import Flag, Level, Risk

DEFAULT_RULE = "default"
SHORTEST_ASKED_HOURS = Decimal(1)
"""What a request may shorten its deadline to."""
_FALLING_RISKS: Final = tuple(reversed(Risk))


def route(
    policy: Policy, request: ApprovalRequest, analysis: Analysis | None, *, revised: bool = False
) -> Route:
    """Who must sign `request`. A content that replaces a `returned` one, `revised`, is never auto-approved.

    The policy is read at the model's risk and at every lower one, with the stated amount, with the total that the model
    read where that is larger, and with what the request comes to together with those that it seems to be split from.
    The strictest answer stands: a model that names a higher risk or a larger total
    never loosens the outcome, even where a policy's rows do. Without a usable analysis, and for suspicious text, every
    risk is read. Ties go to the stated amount at the risk that the model named. Where a budget is not enough, the next
    level signs, too.
    """
    usable = analysis if analysis is not None and analysis.usable else None
    suspicious = analysis is not None and Flag.SUSPICIOUS_TEXT in analysis.flags
    risk = usable.risk if usable and not suspicious else Risk.HIGH
    warnings = [*_warnings(policy, analysis), *(["a person returned it"] if revised else [])]
    larger, combined = larger_request(policy, request, analysis), combined_request(request, analysis)
    candidates = [
        _decided(policy, facts, candidate, request.deadline_hours, auto_approval=not warnings)
        for facts in [policy_facts(policy, seen) for seen in (request, larger, combined) if seen is not None]
        for candidate in _FALLING_RISKS
        if candidate.rank <= risk.rank
    ]
    strictest = _soonest(max(candidates, key=lambda candidate: candidate.strictness), candidates)
    named = usable.risk if usable else Risk.HIGH
    prevented = bool(warnings) and policy_route(policy, request, named).auto_approve
    reasons = (*strictest.reasons, *(f"no auto-approval: {warning}" for warning in warnings if prevented))
    if strictest.strictness > candidates[0].strictness:
        if larger is not None:
            reasons = (*reasons, f"the analysis reads a total of {larger.amount} {larger.currency}".rstrip())
        if combined is not None:
            reasons = (*reasons, f"with others it comes to {combined.amount} {combined.currency}")
    if usable is None:
        reasons = (*reasons, "no usable analysis, so the risk counts as high")
    elif suspicious:
        reasons = (*reasons, "the text gives orders to its reader, so the risk counts as high")
    stages = strictest.stages
    further = _beyond_budget(policy, stages, analysis)
    if further is not None:
        stages = (*stages, further)
        reasons = (*reasons, f"level '{further}' added because a budget is not enough")
    if usable is not None and stages and usable.level.rank > stages[-1].rank:
        stages = (*stages, usable.level)
        reasons = (*reasons, f"level '{usable.level}' added because the analysis asks for it")
    if reasons == strictest.reasons:
        return strictest
    return strictest.model_copy(update={"stages": stages, "reasons": reasons})


def _beyond_budget(policy: Policy, stages: Sequence[Level], analysis: Analysis | None) -> Level | None:
    """The level above the last stage, which signs what no budget covers; None at the top, and where nobody could."""
    is_over = analysis is not None and any(finding.code == BUDGET for finding in analysis.findings)
    level = stages[-1].above if is_over and stages else None
    if level is None or not policy.people:
        return level
    signatures = (*stages, level)
    able = [len(policy.directory.able(one)) for one in signatures]
    needed = [len(signatures) - place if policy.distinct_approvers else 1 for place in range(len(signatures))]
    return level if all(have >= need for have, need in zip(able, needed, strict=True)) else None


def _soonest(route: Route, candidates: Sequence[Route]) -> Route:
    """The route within the shortest deadline of all candidates, so that a higher risk never gives people more time."""
    hours = [candidate.deadline_hours for candidate in candidates if candidate.stages]
    return route.model_copy(update={"deadline_hours": min(hours)}) if route.stages else route


def policy_route(
    policy: Policy, request: ApprovalRequest, risk: Risk, *, auto_approval: bool = True
) -> Route:
    """What the policy alone says at one risk: the first rule that matches, else the default.

    Where auto-approval is forbidden, a rule that would grant it is passed over and the search goes on.
    """
    facts = policy_facts(policy, request)
    return _decided(policy, facts, risk, request.deadline_hours, auto_approval=auto_approval)


def policy_facts(policy: Policy, request: ApprovalRequest) -> Facts:
    """What the rules of `policy` see of a request."""
    amount = policy.in_own_currency(request.amount, request.currency)
    return facts_of(request, amount, policy.context_keys)


def _decided(
    policy: Policy, facts: Facts, risk: Risk, asked_hours: Decimal | None, *, auto_approval: bool
) -> Route:
    for rule in policy.rules:
        if not rule.when.matches(facts, risk):
            continue
        if rule.then.auto_approve and not (auto_approval and facts.amount is not None):
            continue
        return _from_outcome(rule.then, rule.name, asked_hours)
    return _from_outcome(policy.default, DEFAULT_RULE, asked_hours)


def _from_outcome(outcome: Outcome, rule: str, asked_hours: Decimal | None) -> Route:
    hours = outcome.deadline_hours
    if asked_hours is not None:  # less time than the policy gives, never more, and time enough to read it
        hours = min(hours, max(asked_hours, SHORTEST_ASKED_HOURS))
    return Route(
        auto_approve=outcome.auto_approve,
        stages=outcome.signatures,
        deadline_hours=hours,
        rule=rule,
        reasons=(f"policy rule '{rule}'",),
    )


def flags_under(policy: Policy, analysis: Analysis) -> tuple[Flag, ...]:
    """The analysis's own flags, and those that depend on the policy."""
    low = analysis.usable and analysis.confidence < policy.min_confidence
    extra = (Flag.LOW_CONFIDENCE,) if low and Flag.LOW_CONFIDENCE not in analysis.flags else ()
    return analysis.flags + extra


def _warnings(policy: Policy, analysis: Analysis | None) -> list[str]:
    """Why nothing may be approved without a person; empty when nothing speaks against it."""
    if analysis is None or not analysis.usable:
        return ["there is no usable analysis"]
    flags = [flag for flag in flags_under(policy, analysis) if flag.forbids_auto_approval]
    warnings = [_explain(flag, policy, analysis) for flag in flags]
    warnings += [finding.message for finding in analysis.findings]
    if not analysis.auto_approve:
        warnings.append("the analysis asks for a person")
    elif analysis.level is not Level.MANAGER:
        warnings.append(f"the analysis asks for level '{analysis.level}'")
    return warnings


def _explain(flag: Flag, policy: Policy, analysis: Analysis) -> str:
    if flag is Flag.LOW_CONFIDENCE:
        return f"confidence {analysis.confidence:g} is below {policy.min_confidence:g}"
    return f"the analysis is flagged '{flag}'"
