# SPDX-License-Identifier: Apache-2.0
"""What `approval_v2.yml` does besides: whom it writes to, and what becomes of a request when nobody can be asked."""

from collections.abc import Mapping
from dataclasses import replace

from approvals.domain.terms import Level, State
from tests.workflows.approval_stories import STORIES
from tests.workflows.stories import Step, Story, event

FALLBACK = "anybody@example.com"
BOSS = {"executive": "boss@example.com"}
_SIGNED = [Step(Level.EXECUTIVE, "approve", "Noor")]


def _unreachable(level: Level) -> dict[str, Story]:
    """A level without an address is passed over, up to the one that has one."""
    stories = {
        f"no address from {level} on": Story(
            State.ESCALATED if level.above else State.UNDER_REVIEW, stages=[level], error="the highest"
        ),
        f"no address at {level} while the store is away": Story(
            State.UNDER_REVIEW,
            stages=[level],
            breaks=event("escalate", f"{level}-nobody"),
            error="does not answer",
        ),
    }
    if level.above:
        stories[f"only the top has an address, from {level} on"] = Story(
            State.APPROVED, _SIGNED, [level], approvers=BOSS
        )
    return stories


_BEFORE: Mapping[str, Story] = {
    name: replace(story, environment={"APPROVER_EMAIL": FALLBACK}) for name, story in STORIES.items()
}
ADDRESSED: Mapping[str, Story] = _BEFORE | {
    name: story for level in Level for name, story in _unreachable(level).items()
}
