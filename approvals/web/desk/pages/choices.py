# SPDX-License-Identifier: Apache-2.0
"""What somebody can decide on a request, and what each decision will do."""

from typing import NamedTuple

from approvals.domain.terms import Event
from approvals.web.desk.approvals import Whole
from approvals.web.desk.pages.route import title
from approvals.web.desk.wording import Wording

_ORDER = ("approve", "return", "escalate", "reject", "resubmit", "submit", "withdraw")
COMMENT_LIMIT = 20_000
"""Bytes, as `route_approval` takes them."""
WANTS_COMMENT = frozenset({"return"})
"""Events that say nothing without a comment."""


class Option(NamedTuple):
    """One event that this person can bring about."""

    event: str
    label: str
    will: str


def options(one: Whole, t: Wording) -> list[Option]:
    """Everything that the lifecycle and the policy let this person do now."""
    there = {event.value for event in one.may}
    listed = [name for name in _ORDER if name in there]
    return [Option(name, str(t(f"event.{name}")), will(one, Event(name), t)) for name in listed]


def will(one: Whole, event: Event, t: Wording) -> str:
    """What an event will do to the request as it stands."""
    record = one.record
    if event is Event.APPROVE:
        following = record.stages[1:]
        return str(
            t("will.approve_next", title=title(one, following[0], t)) if following else t("will.approve_last")
        )
    if event is Event.ESCALATE:
        above = record.level.above if record.level else None
        return str(t("will.escalate", title=title(one, above, t))) if above else ""
    if event is Event.RESUBMIT and record.next_revision is not None:
        return str(t("will.resubmit_new"))
    return str(t(f"will.{event}"))


def comment_fault(event: str, comment: str) -> str:
    """The key of what is wrong with a comment; "" for nothing."""
    if len(comment.encode(errors="replace")) > COMMENT_LIMIT:
        return "comment_long"
    return "comment_needed" if event in WANTS_COMMENT and not comment.strip() else ""
