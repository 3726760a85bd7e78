# SPDX-License-Identifier: Apache-2.0
"""The variables of `find_approvals`."""

from collections.abc import Mapping
from typing import Any, Final

from approvals.dify.outputs import Answer, Outputs, error_variables, standing
from approvals.domain.brief import details_of, line_of, report_of
from approvals.domain.canonical import rfc3339
from approvals.domain.timeline import decisions_in
from approvals.domain.transitions import answer_of
from approvals.service import FindOrder, FindResult, Found, LedgerVerdict, Status
from approvals.web.links import Links

_NAMED: Final = 10  # records that cannot be read, in the text; all of them are in `unreadable`
_REFUSALS: Final = 3  # that a brief tells; all of them are with the request
_NEUTRAL: Final[Mapping[str, Any]] = {
    "status": "",
    "approvals": [],
    "count": 0,
    "next_cursor": "",
    "unreadable": [],
    "approver_name": "",
    **standing.NEUTRAL,
    "error_code": "",
    "error_message": "",
}


def find_answer(order: FindOrder, result: FindResult, links: Links | None = None) -> Answer:
    """What a search answers. Where one id was asked for, its history and where it stands are there.

    `ledger_ok` is left out where no ledger was verified.
    """
    whole = len(order.request_ids) == 1
    variables = {
        **_NEUTRAL,
        "status": Status.OK.value,
        "approvals": [_found(one, whole=whole) for one in result.found],
        "count": len(result.found),
        "next_cursor": result.next_cursor,
        "unreadable": list(result.unreadable),
        "approver_name": result.approver,
        **error_variables(None),
    }
    if whole:
        variables |= _standing(result.found[0], links)
    if result.ledger_ok is not None:
        variables["ledger_ok"] = result.ledger_ok
    return Answer(variables, _text(order, result))


def _text(order: FindOrder, result: FindResult) -> str:
    """A line for one request, a report for several ids, a count for a page."""
    if len(order.request_ids) == 1:
        one = result.found[0]
        text = "\n\n".join(
            filter(None, (line_of(one.record, one.policy), details_of(one.record, one.policy)))
        )
    elif order.request_ids and result.found:
        text = report_of([(one.record, one.policy) for one in result.found], result.missing)
    else:
        text = f"{len(result.found)} found{', and more' if result.next_cursor else ''}"
    if result.unreadable:
        text = f"{text}; {len(result.unreadable)} cannot be read: {', '.join(result.unreadable[:_NAMED])}"
    faulty, unknown = result.count(LedgerVerdict.FAULTY), result.count(LedgerVerdict.KEY_MISSING)
    if faulty:
        text = f"{text}; {'a ledger does' if faulty == 1 else f'{faulty} ledgers do'} not verify"
    if unknown:
        what = "a ledger" if unknown == 1 else f"{unknown} ledgers"
        text = f"{text}; {what} cannot be verified: ledger_key in the settings lacks a key"
    return text


def _standing(one: Found, links: Links | None) -> dict[str, Any]:
    record = one.record
    reason = record.history[-1].answer.reason if record.history else ""
    answer = answer_of(record, previous=record.state, reason=reason)
    last = record.history[-1].entry.at if record.history else ""
    since = [refusal.reason for refusal in one.refusals if rfc3339(refusal.at) >= last]
    decide_url = links.desk(record.request_id) if links and record.level else ""
    return standing.standing_variables(
        record, one.policy, answer, refusals=since[-_REFUSALS:], decide_url=decide_url, at=one.at
    )


def _found(one: Found, *, whole: bool) -> dict[str, Any]:
    record, analysis = one.record, one.record.analysis
    summary: dict[str, Any] = {
        "request_id": record.request_id,
        "state": record.state.value,
        "level": record.level or "",
        "stages_left": list(record.stages),
        "next_step": record.next_step,
        "requester": record.request.requester,
        "request_type": record.request.request_type,
        "vendor": record.request.vendor,
        "amount": "" if record.request.amount is None else format(record.request.amount, "f"),
        "currency": record.request.currency,
        "risk_level": analysis.risk.value if analysis else "",
        "summary": analysis.summary if analysis else "",
        "title": one.policy.titles.get(record.level, "") if one.policy and record.level else "",
        "cost_known": analysis is not None and analysis.cost_known,
        "decisions": [decided._asdict() for decided in decisions_in(record)],
        "policy_rule": record.route.rule if record.route else "",
        "deadline_at": rfc3339(record.deadline_at) if record.deadline_at else "",
        "overdue": one.overdue,
        "created_at": rfc3339(record.created_at),
        "updated_at": rfc3339(record.updated_at),
        "version": record.version,
    }
    if analysis is not None and analysis.cost_known:
        summary["cost_usd"] = float(analysis.cost_usd)
    if one.verified is not None:
        summary |= {
            "ledger_ok": one.verified.ok,
            "ledger_verdict": one.verified.verdict.value,
            "ledger_faults": list(one.verified.told[:10]),
        }
    if whole:
        summary["record"] = record.model_dump(mode="json")
        summary["history"] = [
            {**step.entry.model_dump(mode="json"), "comment": step.comment} for step in record.history
        ]
        summary["titles"] = dict(one.policy.titles) if one.policy else {}
        summary["refusals"] = [refusal.model_dump(mode="json") for refusal in one.refusals]
        if one.permission is not None:
            may = one.permission
            summary |= {"person": may.person, "signs_as": may.level or "", "may": list(may.events)}
            summary |= {"may_not": may.why_not, "acting_for": may.acting_for}
    return summary


FIND: Final = Outputs("find_approvals", _NEUTRAL)
