# SPDX-License-Identifier: Apache-2.0
"""What `approval_v2.yml` does: it writes to whom the policy names, and the mailbox that Dify proved is the actor."""

from collections.abc import Mapping
from dataclasses import replace

from approvals.domain.terms import Level, State
from tests.workflows.approval_stories import STORIES
from tests.workflows.stories import Step, Story

ADDRESSES = {level: f"{level}@firm.example" for level in Level}


def _addressed(name: str, story: Story) -> Story:
    """The same story where nobody types a name: who decides is who was written to."""
    if name.endswith("is the requester"):
        return _asked_by_an_approver(story)
    if name.startswith("the same person signs twice"):
        both = {**ADDRESSES, Level.VP: ADDRESSES[Level.MANAGER]}
        return replace(story, approvers=both, steps=story.steps[:2])  # somebody above is asked at once
    return replace(story, approvers=ADDRESSES)


def _asked_by_an_approver(story: Story) -> Story:
    """Whoever asks is not written to; somebody above decides instead, and at the top nobody can."""
    level = story.stages[0]
    asked = replace(story, approvers=ADDRESSES, form={"requester": ADDRESSES[level].upper()})
    if level.above:
        return replace(asked, steps=[Step(level, "approve")])
    return replace(asked, steps=(), error=f"no address for the level {level}")


def _unreachable(level: Level) -> dict[str, Story]:
    """A level without an address is not asked, and the run says which one it is."""
    said = f"no address for the level {level}"
    stories = {f"nobody is known at {level}": Story(State.UNDER_REVIEW, stages=[level], error=said)}
    if level.rank:
        below = list(Level)[level.rank - 1]
        stories[f"nobody is known at {level}, where the request was sent"] = Story(
            State.ESCALATED,
            [Step(below, "escalate", comment="Too big.")],
            [below],
            approvers={below: ADDRESSES[below]},
            error=said,
        )
    return stories


_BEFORE: Mapping[str, Story] = {
    name: _addressed(name, story) for name, story in STORIES.items() if "gives no name" not in name
}
ADDRESSED: Mapping[str, Story] = _BEFORE | {
    name: story for level in Level for name, story in _unreachable(level).items()
}
