# SPDX-License-Identifier: Apache-2.0
"""The variables that say where a request stands and who is asked next, alike in every tool that says it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from approvals.domain.approvers import approvers_of
from approvals.domain.brief import brief_of, level_title
from approvals.domain.policy import Policy
from approvals.domain.records import ApprovalRecord, RouteAnswer
from approvals.domain.terms import Language

NEUTRAL: Final[Mapping[str, Any]] = {
    "state": "",
    "next_step": "",
    "approver_level": "",
    "approver_title": "",
    "approver_email": "",
    "approver_emails": [],
    "signatures_left": 0,
    "stages_left": [],
    "deadline_at": "",
    "version": 0,
    "reason": "",
    "policy_rule": "",
    "policy_digest": "",
    "entry_hash": "",
    "brief": "",
    "decide_url": "",
}


def standing_variables(  # noqa: PLR0913 - the parts of one answer
    record: ApprovalRecord,
    policy: Policy | None,
    answer: RouteAnswer,
    language: Language | None = None,
    refusals: Sequence[str] = (),
    decide_url: str = "",
    at: datetime | None = None,
) -> dict[str, Any]:
    """`answer` says where the request stands, `record` and `policy` who is asked and what they read.

    `language`: of the brief and the title; None is the request's own. `refusals`: why decisions since the last step
    did not count. `decide_url`: where the approver can decide outside of Dify. `at`: when; None is the moment of the
    last change.
    """
    approvers = approvers_of(record, policy, at)
    return {
        "state": answer.state.value,
        "next_step": answer.next_step,
        "approver_level": answer.approver_level,
        "approver_title": level_title(record.level, record, policy, language) if record.level else "",
        "approver_email": next(iter(approvers.emails), ""),
        "approver_emails": list(approvers.emails),
        "signatures_left": approvers.signatures_left,
        "stages_left": [level.value for level in answer.stages_left],
        "deadline_at": answer.deadline_at,
        "version": answer.version,
        "reason": answer.reason,
        "policy_rule": answer.policy_rule,
        "policy_digest": answer.policy_digest,
        "entry_hash": answer.entry_hash,
        "brief": brief_of(record, policy, language, refusals),
        "decide_url": decide_url,
    }
