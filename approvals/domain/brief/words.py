# SPDX-License-Identifier: Apache-2.0
"""What a brief says, language by language. Data only: which sentence is said is decided in `compose.py`.

`{who}`, `{what}` and the like stand for Markdown that is safe already. A label that stands out must have a space or a
punctuation mark on both sides, or Markdown does not see its end.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from approvals.domain.terms import Flag, Level, Risk, State


@dataclass(frozen=True, slots=True)
class Words:
    """The sentences of one language."""

    quotes: tuple[str, str]
    inner_quotes: tuple[str, str]
    """What stands for the same signs inside a quote, so that no quoted text can end its own quote."""
    thousands: str
    decimal: str
    colon: str
    comma: str
    stop: str

    asks: str
    asks_without_amount: str
    nobody: str
    something: str
    kinds: Mapping[str, str]
    other_kind: str
    kind_of_amount: str

    compared: str
    no_rate: str

    why: str
    you_decide: str
    rule: str
    clause: str
    default_rule: str
    level_added: str
    beyond_budget: str
    signs: str
    several: str
    not_submitted: str
    outcome: str
    waiting: str
    waiting_for: str

    so_far: str
    instead_of: str
    approved: str
    rejected: str
    passed_up: str
    returned: str
    resubmitted: str
    revised: str
    not_counted: str
    refused: str
    no_answer: str
    no_reply: str
    withdrew: str
    signed_more: str
    decide_by: str
    changes: str
    added: str
    left_out: str
    more_changes: str

    checks: str
    compared_with: str
    budget: str
    budget_used: str

    risk: str
    sure: str
    in_short: str
    not_in_request: str
    watch_out: str
    no_analysis: str
    judge: str

    details: str
    kind: str
    vendor: str
    document: str
    cost_center: str
    priority: str

    then: str
    approve: str
    reject: str
    escalate: str
    ask_back: str
    silence: str
    is_approved: str
    next_signs: str
    another_signs: str
    is_rejected: str
    decides_instead: str
    expires: str
    requester_answers: str
    answer: str
    goes_back: str
    revise: str
    read_anew: str

    content: str
    cut: str

    reminder: str
    reminder_to_answer: str
    until: str
    one: str
    requests: str
    columns: tuple[str, str, str, str, str, str, str]
    """Request, requester, amount, risk, state, who is next, why."""
    missing: str
    default: str

    titles: Mapping[Level, str]
    risks: Mapping[Risk, str]
    states: Mapping[State, str]
    flags: Mapping[Flag, str]
    findings: Mapping[str, str]
    """By the code of the check."""
