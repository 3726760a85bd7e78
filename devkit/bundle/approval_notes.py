# SPDX-License-Identifier: Apache-2.0
"""The notes on the canvas of `approval.yml`."""

from devkit.bundle.canvas import Canvas

_EDITS = (
    "Three things to edit after import",
    "1. Tool credential: open “Read the request” and choose the Approvals credential; the other tool nodes use it too.",
    (
        "2. Approvers: put real addresses into the e-mail delivery of the four “… decides” nodes. Then remove their "
        "web app delivery: it shows the form to whoever started the run, which is the requester."
    ),
    "3. Policy: paste yours into the environment variable POLICY (JSON fits in one line). Empty means the default.",
)
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


def add_notes(canvas: Canvas) -> None:
    """Put the notes where they do not cover a node."""
    canvas.note("note_edits", _EDITS, column=0, y=620)
    canvas.note("note_failure", _FAILURE, column=1.4, y=620, theme="pink")
    canvas.note("note_ladder", _LADDER, column=4, y=-280, theme="blue")
    canvas.note("note_time", _TIME, column=5.5, y=-280, theme="green")
