# SPDX-License-Identifier: Apache-2.0
"""What differs between two editions of the same workflow files: the policy inside, its kinds of request, its people."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path

from approvals.domain.policy import Policy
from approvals.domain.policy_reader import read_policy
from approvals.domain.terms import Level
from devkit.bundle.human_input import LONGEST_FORM_HOURS, SHORTEST_FORM_HOURS
from devkit.bundle.own_facts import OwnFacts, own_facts

OTHER = "other"
"""Offered beside the kinds that the policy names: the policy's `default` decides about it."""


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition of the files.

    `policy` is one line for the variable POLICY, empty for the policy that comes with the plugin. `types` are the
    kinds of request that forms and the chat offer. `addresses` are where each level's mails go, as far as known.
    `facts` are what a form asks for because the policy looks at it.
    `form_hours` is how long a form waits: as long as the policy's longest deadline, within what Dify allows.
    """

    types: tuple[str, ...]
    policy: str = ""
    addresses: Mapping[Level, Sequence[str]] = field(default_factory=dict)
    facts: OwnFacts = field(default_factory=OwnFacts)
    form_hours: int = SHORTEST_FORM_HOURS


def shipped_edition(plugin_folder: Path) -> Edition:
    """The edition of the repository: the default policy's kinds of request, and POLICY left empty."""
    text = (plugin_folder / "policies" / "default.yaml").read_text(encoding="utf-8")
    policy = read_policy(text).policy
    return Edition(request_types(policy), facts=own_facts(policy), form_hours=form_hours(policy))


def edition_for(text: str) -> Edition:
    """The edition for a policy in YAML or JSON. Raises `bad_policy`."""
    document = read_policy(text)
    policy = document.policy
    return Edition(
        request_types(policy),
        one_line(document.document),
        addresses(policy),
        facts=own_facts(policy),
        form_hours=form_hours(policy),
    )


def request_types(policy: Policy) -> tuple[str, ...]:
    """The kinds of request that a policy's rules and budgets name, in their order, and `other`."""
    named = [kind for scope in policy.scopes for kind in scope.request_type or ()]
    return tuple(dict.fromkeys([*named, OTHER]))


def form_hours(policy: Policy) -> int:
    """How many hours a form waits: as many as the policy's longest deadline has, and two to six days."""
    outcomes = [policy.default, *(rule.then for rule in policy.rules if rule.then.stages)]
    longest = ceil(max(outcome.deadline_hours for outcome in outcomes))
    return min(max(longest, SHORTEST_FORM_HOURS), LONGEST_FORM_HOURS)


def addresses(policy: Policy) -> dict[Level, list[str]]:
    """The addresses of the policy's people at each level that has any: the first answer counts, whoever gives it."""
    held = {
        level: [one.email for one in policy.people if level in one.levels and one.email] for level in Level
    }
    return {level: list(dict.fromkeys(emails)) for level, emails in held.items() if emails}


def one_line(policy: Mapping[str, object]) -> str:
    """A policy as the one line of JSON that an environment variable of Dify takes."""
    return json.dumps(policy, ensure_ascii=False, separators=(", ", ": "))
