# SPDX-License-Identifier: Apache-2.0
"""Every way that a request can take through `approval.yml`."""

from collections.abc import Mapping

from approvals.domain.terms import Level, State
from tests.workflows.stories import FORM, Step, Story, event

_REQUESTER = str(FORM["requester"])


def _around(level: Level) -> dict[str, Story]:
    """What can happen at one level, the first that is asked."""
    alone = [level]
    above = level.above
    higher = [Step(above, "approve", "Noor")] if above else []
    stays = State.APPROVED if above else State.UNDER_REVIEW
    own = Step(level, "approve", _REQUESTER.upper(), "It is mine, but it is fine.")
    stories = {
        "approves": Story(State.APPROVED, [Step(level, "approve", "Ann")], alone),
        "rejects": Story(State.REJECTED, [Step(level, "reject", "Ann", "Not now.")], alone),
        "does not answer, and requests expire": Story(
            State.EXPIRED, [Step(level)], alone, on_timeout="expire"
        ),
        "does not answer while the store is away": Story(
            State.UNDER_REVIEW, [Step(level)], alone, breaks=event("timeout"), error="does not answer"
        ),
        "is the requester": Story(stays, [own, *higher], alone, error="separation of duties"),
        "gives no name": Story(stays, [Step(level, "approve", " "), *higher], alone, error="needs the name"),
        "decides while the store is away": Story(
            stays,
            [Step(level, "approve", "Ann"), *higher],
            alone,
            breaks=event("approve", level),
            error="not answer",
        ),
    }
    if above:
        stories |= {
            "escalates": Story(State.APPROVED, [Step(level, "escalate", "Ann", "Too big."), *higher], alone),
            "does not answer, and requests rise": Story(State.APPROVED, [Step(level), *higher], alone),
            "is the requester while passing up fails": Story(
                State.UNDER_REVIEW, [own], alone, breaks=event("escalate"), error="does not answer"
            ),
        }
    return {f"{level} {what}": story for what, story in stories.items()}


_ABOUT_THE_START: Mapping[str, Story] = {
    "the policy approves": Story(State.APPROVED),
    "two stages sign": Story(
        State.APPROVED,
        [Step(Level.MANAGER, "approve", "Ann"), Step(Level.VP, "approve", "Noor")],
        [Level.MANAGER, Level.VP],
    ),
    "a request rises twice and is turned down": Story(
        State.REJECTED,
        [
            Step(Level.MANAGER, "escalate", "Ann"),
            Step(Level.DIRECTOR, "escalate", "Noor"),
            Step(Level.VP, "reject", "Bo", "Too much."),
        ],
        [Level.MANAGER],
    ),
    "a director signs for a manager, and the next stage after that": Story(
        State.APPROVED,
        [
            Step(Level.MANAGER, "escalate", "Ann"),
            Step(Level.DIRECTOR, "approve", "Noor"),
            Step(Level.VP, "approve", "Bo"),
        ],
        [Level.MANAGER, Level.VP],
    ),
    "the same person signs twice": Story(
        State.APPROVED,
        [
            Step(Level.MANAGER, "approve", "Ann"),
            Step(Level.VP, "approve", "ann"),
            Step(Level.EXECUTIVE, "approve", "Bo"),
        ],
        [Level.MANAGER, Level.VP],
        error="distinct approvers",
    ),
    "nobody ever answers": Story(State.EXPIRED, [Step(level) for level in Level], [Level.MANAGER]),
    "the analysis never comes": Story(
        "not_submitted", breaks=lambda tool, _: tool == "analyze_approval", error="no request"
    ),
    "the submission fails": Story("not_submitted", breaks=event("submit"), error="does not answer"),
    "a request without an amount": Story(
        State.APPROVED, [Step(Level.MANAGER, "approve", "Ann")], [Level.MANAGER], form={"amount": None}
    ),
    "a bad policy": Story("not_submitted", stages=[], on_timeout="explode", error="no request"),
}

STORIES: Mapping[str, Story] = _ABOUT_THE_START | {
    name: story for level in Level for name, story in _around(level).items()
}
