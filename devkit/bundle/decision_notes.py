# SPDX-License-Identifier: Apache-2.0
"""The notes on every canvas on which people decide."""

from collections.abc import Sequence

from devkit.bundle.canvas import Canvas

_LADDER = (
    "How a request climbs",
    (
        "Each block is one level. The plugin says who decides next; a request enters that block and leaves it for the "
        "next. Approve, reject and escalate are recorded by one tool node; no answer in two days by another."
    ),
    "A decision that does not count (the requester's own, or one without a name) is passed up, never dropped.",
)
_FAILURE = (
    "When something fails",
    (
        "No model: the request still reaches a person, marked as high risk. No store: the run ends as “not_submitted”. "
        "Nothing ever approves by failing."
    ),
)
_TIME = (
    "Deadlines",
    (
        "The forms wait two days. Keep that at or above the longest deadline_hours of your policy and below seven "
        "days, at which Dify ends the run without a decision. Import deadline_sweep.yml for shorter deadlines."
    ),
)


def add_notes(canvas: Canvas, edits: Sequence[str], *, ladder: int, y: int = 560) -> None:
    """Put the notes where they do not cover a node: what to edit at the left, the rest above the ladder."""
    canvas.note("note_edits", edits, column=0, y=y)
    canvas.note("note_failure", _FAILURE, column=1.4, y=y, theme="pink")
    canvas.note("note_ladder", _LADDER, column=ladder, y=-280, theme="blue")
    canvas.note("note_time", _TIME, column=ladder + 1.5, y=-280, theme="green")
