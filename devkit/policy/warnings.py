# SPDX-License-Identifier: Apache-2.0
"""What a policy that can be read says, but its author hardly means."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from approvals.domain.policy import Outcome, Policy
from approvals.domain.policy_conditions import Scope
from approvals.domain.routing import DEFAULT_RULE
from approvals.domain.terms import Level
from devkit.policy.coverage import covered_rules
from devkit.policy.forms import Workflow
from devkit.policy.gaps import gaps
from devkit.policy.overruled import overruled_rules

_LISTED: Final = 6
_RESUME: Final = "approval_resume.yml"
_BUNDLE: Final = "Write forms that do with: python -m devkit bundle --policy FILE"


@dataclass(frozen=True, slots=True)
class Warned:
    """One warning: the rule it is about ("" for the policy as a whole), and a sentence with what to do."""

    rule: str
    said: str


def warnings(policy: Policy, workflows: Sequence[Workflow], today: date) -> list[Warned]:
    """Everything to warn of. `workflows`: those that people ask and sign with."""
    forms = [one for one in workflows if one.types]
    return [
        *_covered(policy),
        *_gaps(policy),
        *_auto_approval(policy),
        *_types(policy, forms),
        *_facts(policy, forms),
        *_several_signatures(policy, workflows),
        *_few_people(policy),
        *_idle_people(policy),
        *_past_deputies(policy, today),
    ]


def _covered(policy: Policy) -> Iterator[Warned]:
    covered = covered_rules(policy)
    for one in covered:
        takes = (
            "takes every request that it would"
            if len(one.by) == 1
            else "together take every request that it would"
        )
        yield Warned(one.rule, f"it can never match: {_names(one.by)} {takes}. Move it up, or remove it")
    for name in overruled_rules(policy):
        if name not in {one.rule for one in covered}:
            yield Warned(
                name,
                "it never decides: at a lower risk the same request needs more, and a higher risk never needs less. "
                "Ask for no less here, or take the lower risks into 'risk'",
            )


def _gaps(policy: Policy) -> Iterator[Warned]:
    for gap in gaps(policy):
        between = (
            f"exactly {gap.low:,f} {policy.currency}"
            if gap.low == gap.high
            else f"between {gap.low:,f} and {gap.high:,f} {policy.currency}"
        )
        yield Warned(
            gap.above,
            f"an amount {between} fits neither {gap.below!r} nor {gap.above!r} and goes to {gap.taken_by!r}. Write "
            f"'above: {gap.low:f}' beside 'to: {gap.low:f}', or the same bound in both",
        )


def _auto_approval(policy: Policy) -> Iterator[Warned]:
    for rule in policy.rules:
        if not rule.then.auto_approve:
            continue
        if not rule.when.model_fields_set:
            yield Warned(
                rule.name, "it approves every request without a person, whatever its amount. Give it a 'when'"
            )
        elif rule.when.amount is None or rule.when.amount.highest is None:
            yield Warned(
                rule.name, "it approves any amount without a person. Give 'when' an amount with 'to'"
            )


def _types(policy: Policy, forms: Sequence[Workflow]) -> Iterator[Warned]:
    known = frozenset().union(*(form.types for form in forms))
    named = {kind: name for name, scope in reversed(_scopes(policy)) for kind in scope.request_type or ()}
    missing = [kind for kind in reversed(named) if kind not in known] if forms else []
    if missing:
        rules = list(dict.fromkeys(named[kind] for kind in missing))
        yield Warned(
            "",
            f"no form ({_files(forms)}) offers {_names(missing)}, as {_names(rules)} "
            f"{'asks' if len(rules) == 1 else 'ask'}. {_BUNDLE}",
        )


def _facts(policy: Policy, forms: Sequence[Workflow]) -> Iterator[Warned]:
    """Tests of what no form tells, so that they always fail."""
    told = frozenset().union(*(form.facts for form in forms))
    tests = {
        key: name for name, scope in reversed(_scopes(policy)) for key in scope.words if key != "request_type"
    }
    missing = [key for key in reversed(tests) if key.partition(".")[0] not in told] if forms else []
    if missing:
        rules = list(dict.fromkeys(tests[key] for key in missing))
        yield Warned(
            "",
            f"no form ({_files(forms)}) asks for {_names(missing)}, which {_names(rules)} "
            f"{'tests' if len(rules) == 1 else 'test'}, so there the test fails. {_BUNDLE}",
        )


def _several_signatures(policy: Policy, workflows: Sequence[Workflow]) -> Iterator[Warned]:
    """Stages for which some workflow has too few forms of one level."""
    asking = [one for one in workflows if (one.levels or one.on_desk) and one.file != _RESUME]
    short = {
        name: [one for one in asking if not one.asks_all(outcome.signatures)]
        for name, outcome in _outcomes(policy)
        if len(set(outcome.signatures)) < len(outcome.signatures)
    }
    rules = [name for name, files in short.items() if files]
    if not rules:
        return
    failing = [one for one in asking if any(one in files for files in short.values())]
    whole = [one for one in asking if one not in failing]
    instead = f". {_files(whole)} {'asks' if len(whole) == 1 else 'ask'} for all of them" if whole else ""
    yield Warned(
        rules[0] if len(rules) == 1 else "",
        f"{_names(rules)} {'asks' if len(rules) == 1 else 'ask'} for several signatures of one level, for which "
        f"{_files(failing)} {'has' if len(failing) == 1 else 'have'} one form: a run ends after the first of them with "
        f"the request open, and {_RESUME} asks for the next{instead}",
    )


def _few_people(policy: Policy) -> Iterator[Warned]:
    """Whose own requests nobody else could sign."""
    if not policy.people or not policy.separation_of_duties:
        return
    for name, outcome in _outcomes(policy):
        stuck = [person.name for person in policy.people if _is_stuck(policy, outcome, person.name)]
        if stuck:
            yield Warned(
                name,
                f"a request by {_names(stuck)} cannot be signed: too few others hold the levels of "
                f"{_levels(outcome.signatures)}. List more people",
            )


def _is_stuck(policy: Policy, outcome: Outcome, requester: str) -> bool:
    needed: Sequence[Level] = outcome.signatures
    for position, level in enumerate(needed):
        others = [person for person in policy.directory.able(level) if person.name != requester]
        if len(others) < (len(needed) - position if policy.distinct_approvers else 1):
            return True
    return False


def _idle_people(policy: Policy) -> Iterator[Warned]:
    """People whose level no rule asks for, and levels that an analysis or an escalation may ask for in vain."""
    asked = {level for _, outcome in _outcomes(policy) for level in outcome.signatures}
    idle = [
        person.name
        for person in policy.people
        if not any(level.rank <= person.levels[-1].rank for level in asked)
    ]
    if idle:
        lowest = min(asked, key=lambda level: level.rank)
        yield Warned("", f"{_names(idle)} never signs: no rule asks for a level below {lowest.value!r}")
    if policy.people:
        top = max((person.levels[-1] for person in policy.people), key=lambda level: level.rank)
        beyond = [level for level in Level if level.rank > top.rank]
        if beyond:
            yield Warned(
                "",
                f"nobody holds {_names([level.value for level in beyond])}, which an analysis may add and an "
                f"escalation leads to; such a request waits until it expires. Give somebody that level",
            )


def _past_deputies(policy: Policy, today: date) -> Iterator[Warned]:
    for deputy in policy.deputies:
        if deputy.until < today:
            yield Warned(
                "",
                f"{deputy.is_!r} was deputy of {deputy.of!r} until {deputy.until} and acts no more. Remove the entry",
            )


def _scopes(policy: Policy) -> Sequence[tuple[str, Scope]]:
    """What tests the words of a request: each rule, then each budget, with its name."""
    return [*((rule.name, rule.when) for rule in policy.rules), *((one.title, one) for one in policy.budgets)]


def _files(forms: Sequence[Workflow]) -> str:
    return ", ".join(form.file for form in forms)


def _outcomes(policy: Policy) -> Iterator[tuple[str, Outcome]]:
    for rule in policy.rules:
        if not rule.then.auto_approve:
            yield rule.name, rule.then
    yield DEFAULT_RULE, policy.default


def _names(names: Sequence[str]) -> str:
    listed = [repr(name) for name in names[:_LISTED]]
    if len(names) > _LISTED:
        listed.append(f"{len(names) - _LISTED} more")
    return listed[0] if len(listed) == 1 else f"{', '.join(listed[:-1])} and {listed[-1]}"


def _levels(levels: Sequence[Level]) -> str:
    return ", ".join(levels)
