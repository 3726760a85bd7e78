# SPDX-License-Identifier: Apache-2.0
"""Every way that a request can take through `approval.yml`."""

from collections.abc import Mapping

from approvals.domain.terms import Level, State
from tests.workflows.stories import FORM, Step, Story, event

_REQUESTER = str(FORM["requester"])
_ASKED = f"{_REQUESTER} was asked a question. Start approval_resume.yml with the ID "


def _around(level: Level) -> dict[str, Story]:
    """What can happen at one level, the first that is asked."""
    alone = [level]
    above = level.above
    higher = [Step(above, "approve", "Noor")] if above else []
    passed_up = State.APPROVED if above else State.UNDER_REVIEW
    own = Step(level, "approve", _REQUESTER.upper(), "It is mine, but it is fine.")
    refused = "" if above else "somebody else must decide here"
    stories = {
        "approves": Story(State.APPROVED, [Step(level, "approve", "Ann")], alone),
        "asks a question": Story(
            State.RETURNED, [Step(level, "return", "Ann", "Which supplier?")], alone, error=_ASKED
        ),
        "asks a question without one": Story(
            State.RETURNED, [Step(level, "return", "Ann")], alone, error=_ASKED
        ),
        "rejects": Story(State.REJECTED, [Step(level, "reject", "Ann", "Not now.")], alone),
        "does not answer, and requests expire": Story(
            State.EXPIRED, [Step(level)], alone, on_timeout="expire"
        ),
        "does not answer while the store is away": Story(
            State.UNDER_REVIEW, [Step(level)], alone, breaks=event("timeout"), error="does not answer"
        ),
        "is the requester": Story(passed_up, [own, *higher], alone, error=refused),
        "gives no name": Story(passed_up, [Step(level, "approve", " "), *higher], alone, error=refused),
        "decides while the store is away": Story(
            State.UNDER_REVIEW,
            [Step(level, "approve", "Ann")],
            alone,
            breaks=event("approve", level),
            error="does not answer",
        ),
    }
    if above:
        stories |= {
            "escalates": Story(State.APPROVED, [Step(level, "escalate", "Ann", "Too big."), *higher], alone),
            "does not answer, and requests rise": Story(State.APPROVED, [Step(level), *higher], alone),
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
    "a request rises, and comes back with a question": Story(
        State.RETURNED,
        [Step(Level.MANAGER, "escalate", "Ann"), Step(Level.DIRECTOR, "return", "Noor", "Why now?")],
        [Level.MANAGER],
        error=_ASKED,
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
    "the same person signs twice, which counts once": Story(
        State.APPROVED,
        [
            Step(Level.MANAGER, "approve", "Ann"),
            Step(Level.VP, "approve", "ann"),
            Step(Level.EXECUTIVE, "approve", "Bo"),
        ],
        [Level.MANAGER, Level.VP],
    ),
    "the top must sign twice, and the run asks once": Story(
        State.UNDER_REVIEW,
        [Step(Level.VP, "escalate", "Ann"), Step(Level.EXECUTIVE, "approve", "Noor")],
        [Level.VP, Level.EXECUTIVE],
        error="1 signature is missing: executive",
    ),
    "nobody ever answers": Story(State.EXPIRED, [Step(level) for level in Level], [Level.MANAGER]),
    "the analysis never comes": Story(
        "not_submitted", breaks=lambda tool, _: tool == "analyze_approval", error="does not answer"
    ),
    "the submission fails": Story("not_submitted", breaks=event("submit"), error="does not answer"),
    "a request without an amount": Story(
        State.APPROVED, [Step(Level.MANAGER, "approve", "Ann")], [Level.MANAGER], form={"amount": None}
    ),
    "a bad policy": Story("not_submitted", stages=[], on_timeout="explode", error="on_timeout"),
}

STORIES: Mapping[str, Story] = _ABOUT_THE_START | {
    name: story for level in Level for name, story in _around(level).items()
}

ANALYSED: Mapping[str, Story] = {
    name: story for name, story in STORIES.items() if name not in {"the analysis never comes", "a bad policy"}
}
"""The stories that leave a record from which another run can go on."""
