# SPDX-License-Identifier: Apache-2.0
"""Tells an approver what a new content changed against the one before: the stated facts, then the text word by word."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final

from approvals.domain.brief.changes import Change, changes
from approvals.domain.brief.markup import plain
from approvals.domain.brief.phrases import NAME, Phrases
from approvals.domain.records import ApprovalRecord, ApprovalRequest
from approvals.text.json_text import json_text

_SHOWN: Final = 12  # changes of the text
_PART = 300  # characters of what was there, and of what is there now


def revision_changes(record: ApprovalRecord, phrases: Phrases) -> Iterator[str]:
    """A line for each change since the revision before; nothing where there was none."""
    if not record.past_revisions:
        return
    before, now = record.past_revisions[-1].request, record.request
    old, new = _facts(before, phrases), _facts(now, phrases)
    for label in dict.fromkeys([*old, *new]):
        change = Change(old.get(label, ""), new.get(label, ""))
        if change.old != change.new:
            yield f"{label}{phrases.words.colon}{_told(change, phrases)}"
    found = changes(before.content, now.content)
    yield from (_told(change, phrases) for change in islice(found, _SHOWN))
    more = sum(1 for _ in found)
    if more:
        yield phrases.words.more_changes.format(count=more)


def _facts(request: ApprovalRequest, phrases: Phrases) -> Mapping[str, str]:
    """What was stated beside the text, by its label. The values are as they were typed."""
    words = phrases.words
    stated = {
        words.columns[2]: "" if request.amount is None else f"{request.amount:f} {request.currency}".strip(),
        words.kind: request.request_type,
        words.vendor: request.vendor,
        words.document: " ".join(
            part for part in (request.document_number, str(request.document_date or "")) if part
        ),
        words.cost_center: request.cost_center,
        words.priority: "" if request.priority is None else str(request.priority),
    }
    context = {
        plain(key, NAME): value if isinstance(value, str) else json_text(value)
        for key, value in request.context.items()
    }
    return {**context, **stated}


def _told(change: Change, phrases: Phrases) -> str:
    words, old, new = phrases.words, phrases.quoted(change.old, _PART), phrases.quoted(change.new, _PART)
    if old and new:
        return f"{old} → {new}"
    return words.added.format(new=new) if new else words.left_out.format(old=old)
