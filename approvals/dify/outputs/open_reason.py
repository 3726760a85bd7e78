# SPDX-License-Identifier: Apache-2.0
"""Why a request is not decided yet, and how to go on: for whoever reads what a run ended with."""

from itertools import groupby
from typing import Final

from approvals.domain.approvers import approvers_of
from approvals.domain.records import ApprovalRecord
from approvals.domain.terms import State
from approvals.errors import CAME_LATE, ErrorCode
from approvals.service import RouteResult

_RESUME: Final = "approval_resume.yml"
_NAMED: Final = 3
_FORM_USED_UP: Final = frozenset({ErrorCode.NOT_AUTHORIZED, ErrorCode.NO_HIGHER_LEVEL})
"""Refusals of an answer to a form, after which nobody is asked. One of an early timeout says by itself how to go on."""


def open_reason(result: RouteResult) -> str:
    """Why the event was refused, and what the request waits for. Empty once it is decided.

    Where somebody else was faster, or submitted it before, a form may be open: nothing is said of what is missing.
    """
    record, error = result.record, result.error
    if record is None or error is None:
        return _waits(result, record) if record else (error.message if error else "")
    if error.code in CAME_LATE and record.state.final:
        return ""
    waits = _waits(result, record) if error.code in _FORM_USED_UP else ""
    return f"{error.message}. {waits}" if waits else error.message


def _waits(result: RouteResult, record: ApprovalRecord) -> str:
    if record.state is State.RETURNED:
        who = record.request.requester or "its requester"
        return f"{who} was asked a question. Start {_RESUME} with the ID {record.request_id} and the answer"
    if record.level is None:
        return ""
    missing = [(level, len(list(group))) for level, group in groupby(record.stages)]
    levels = ", then ".join(level if count == 1 else f"{level} x{count}" for level, count in missing)
    count = len(record.stages)
    emails = approvers_of(record, result.policy, result.at).emails
    more = f" or {len(emails) - _NAMED} more" if len(emails) > _NAMED else ""
    by = f", next by {' or '.join(emails[:_NAMED])}{more}" if emails else ""
    said = "1 signature is missing" if count == 1 else f"{count} signatures are missing"
    return f"{said}: {levels}{by}. Unless a form is open, start {_RESUME} with the ID {record.request_id}"
