# SPDX-License-Identifier: Apache-2.0
"""The notes on every canvas on which people decide."""

from collections.abc import Sequence

from devkit.bundle.canvas import Canvas

TOOLS = "Tool credential: nothing to do where the workspace has one. Else choose it in a green node."
POLICY = (
    "Policy: paste yours into the environment variable POLICY, as one line of JSON. Empty means the default. "
    "`python -m devkit bundle --policy FILE` writes these files with your policy, its kinds of request and its people."
)
ADDRESSES = (
    "Approvers: put real addresses into the e-mail delivery of the four “… decides” nodes, in place of "
    "manager@example.com and the others. To try it without mail, add the web app delivery to a form for a while: it "
    "shows the form to whoever started the run."
)
_LEVELS = (
    "How a request goes from level to level",
    (
        "The plugin says who decides next. A request enters that level's form and passes by the other gates. The "
        "decision is recorded by one node, no answer in time by another."
    ),
    (
        "A decision that the plugin refuses (the requester's own, or one without a name) goes one level up, with the "
        "reason. “Ask a question” returns the request to its requester: the run ends as returned, with the question, "
        "and approval_resume.yml takes the answer."
    ),
)
FAILURE = (
    "When something fails",
    (
        "No model: a person decides, and the risk counts as high. Plugin restarting: its nodes try for 50 seconds. Run "
        "broken, or stopped by Dify: approval_resume.yml goes on from the record. Nothing is approved by failing."
    ),
)
_TIME = (
    "Deadlines",
    (
        "Forms wait as long as the longest deadline_hours of the policy that they were written for, and two to six "
        "days: at seven Dify ends the run without a decision. A form that runs out before the policy's deadline leaves "
        "the request open. Import deadline_sweep.yml for shorter deadlines."
    ),
)


def numbered(title: str, *steps: str) -> tuple[str, ...]:
    """The lines of a note with steps to do, numbered from 1."""
    return (title, *(f"{number}. {step}" for number, step in enumerate(steps, 1)))


def add_notes(canvas: Canvas, edits: Sequence[str], *, levels: float) -> None:
    """Put the notes where they cover no node: what to edit at the left, the rest above the levels."""
    canvas.note("note_edits", edits, column=0, y=60)
    canvas.note("note_failure", FAILURE, column=1.5, y=60, theme="pink")
    add_level_notes(canvas, levels)


def add_level_notes(canvas: Canvas, column: float) -> None:
    """The notes about levels and deadlines, from a column on."""
    canvas.note("note_levels", _LEVELS, column=column, y=-240, theme="blue")
    canvas.note("note_time", _TIME, column=column + 1.5, y=-240, theme="green")
