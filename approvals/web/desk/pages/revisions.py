# SPDX-License-Identifier: Apache-2.0
"""The contents that a request has had, and what changed from the last one to this."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final, NamedTuple

from approvals.domain.brief.changes import changes
from approvals.domain.records import ApprovalRecord, ApprovalRequest
from approvals.text.json_text import json_text
from approvals.web.desk.wording import Wording

_CHANGES_SHOWN: Final = 30


class Difference(NamedTuple):
    """What was replaced; an empty `old` was added, an empty `new` left out."""

    label: str
    old: str
    new: str


class Content(NamedTuple):
    """One content of a request that is not the one decided on."""

    number: int
    at: datetime
    amount: str
    text: str


def differences(record: ApprovalRecord, t: Wording) -> Iterator[Difference]:
    """From the revision before to the one that is decided on; nothing where there is only one."""
    if not record.past_revisions:
        return
    before, now = record.past_revisions[-1].request, record.request
    old, new = _facts(before, t), _facts(now, t)
    for label in {**old, **new}:
        if old.get(label, "") != new.get(label, ""):
            yield Difference(label, old.get(label, ""), new.get(label, ""))
    text = str(t("request.words"))
    for number, change in enumerate(changes(before.content, now.content)):
        if number == _CHANGES_SHOWN:
            yield Difference(text, "…", "…")
            return
        yield Difference(text, change.old, change.new)


def earlier(record: ApprovalRecord, t: Wording) -> list[Content]:
    """What the request was before, the newest first."""
    return [
        Content(number, one.at, t.money(one.request.amount, one.request.currency), one.request.content)
        for number, one in reversed(list(enumerate(record.past_revisions, start=1)))
    ]


def coming(record: ApprovalRecord, t: Wording) -> Content | None:
    """What the requester of a returned request wants it to become; None where nothing waits."""
    following = record.next_revision
    if following is None or following.analysis is None:
        return None
    request = following.request
    return Content(
        record.revision + 1, following.at, t.money(request.amount, request.currency), request.content
    )


def _facts(request: ApprovalRequest, t: Wording) -> Mapping[str, str]:
    """What was stated besides the text, by its label."""
    stated = {
        "amount": t.money(request.amount, request.currency),
        "kind": request.request_type,
        "vendor": request.vendor,
        "document": " · ".join(
            filter(None, (request.document_number, str(request.document_date or ""))),
        ),
        "cost_center": request.cost_center,
        "priority": "" if request.priority is None else str(request.priority),
    }
    labels = {"amount": str(t("inbox.amount")), "kind": t.words.kind}
    facts = {labels.get(name) or str(t(f"request.{name}")): value for name, value in stated.items()}
    kept = {
        name: value if isinstance(value, str) else json_text(value) for name, value in request.context.items()
    }
    return facts | kept
