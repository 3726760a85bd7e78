# SPDX-License-Identifier: Apache-2.0
"""The variables of `sweep_deadlines`."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from approvals.dify.outputs import Answer, Outputs, error_variables
from approvals.domain.brief import brief_of, reminder_of
from approvals.domain.canonical import rfc3339
from approvals.service import Reminded, Status, SweepResult
from approvals.web.links import Links

_NEUTRAL: Final[Mapping[str, Any]] = {
    "status": "",
    "escalated": [],
    "expired": [],
    "failed": [],
    "delivered": [],
    "checked": 0,
    "removed": 0,
    "reminded": [],
    "error_code": "",
    "error_message": "",
}


def sweep_answer(result: SweepResult, links: Links | None = None) -> Answer:
    """The ids of the requests that a sweep moved on or could not, how many it looked at, and how many it removed."""
    variables = {
        "status": Status.OK.value,
        "escalated": list(result.escalated),
        "expired": list(result.expired),
        "failed": list(result.failed),
        "delivered": list(result.delivered),
        "checked": result.checked,
        "removed": result.removed,
        "reminded": [mail for one in result.reminded for mail in _mails(one, links)],
        **error_variables(None),
    }
    moved = f"{len(result.escalated)} escalated, {len(result.expired)} expired"
    failed = f", {len(result.failed)} could not be moved" if result.failed else ""
    delivered = f"; {len(result.delivered)} notifications delivered" if result.delivered else ""
    reminded = f"; {len(result.reminded)} reminded" if result.reminded else ""
    removed = f"; {result.removed} removed after their retention" if result.removed else ""
    return Answer(variables, f"{result.checked} overdue: {moved}{failed}{reminded}{delivered}{removed}")


def _mails(one: Reminded, links: Links | None) -> Iterator[dict[str, Any]]:
    """What a mail node can send: one mail for each address, or one without an address where none is known."""
    record = one.record
    personal = {link.email: link.url for link in links.personal(record, one.emails)} if links else {}
    for email in one.emails or ("",):
        yield {
            "request_id": record.request_id,
            "email": email,
            "subject": reminder_of(record, one.policy),
            "text": brief_of(record, one.policy),
            "decide_url": personal.get(email, ""),
            "level": record.level or "",
            "deadline_at": rfc3339(record.deadline_at) if record.deadline_at else "",
        }


SWEEP: Final = Outputs("sweep_deadlines", _NEUTRAL)
