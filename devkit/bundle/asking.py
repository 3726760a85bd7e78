# SPDX-License-Identifier: Apache-2.0
"""How a level is asked: what stands between its brief and the record of what it said.

The ladder is the same whichever version of Dify's Human Input node asks; this part is handed to it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from approvals.domain.terms import Level
from devkit.bundle.canvas import Canvas
from devkit.bundle.human_input import Form, Mail, human_input
from devkit.bundle.router import Router, called

TOP = 80  # the row of what happens when all goes well


class Asking(Protocol):
    """A way to ask. Its form is the node `ask_LEVEL`, with the fields `approver` and `comment`."""

    @property
    def columns(self) -> int:
        """How many columns it takes."""

    def add(self, canvas: Canvas, router: Router, level: Level, sources: Sequence[str], column: int) -> None:
        """The nodes. `sources` are those that may have sent the request here, the latest to run first."""

    def connect(self, canvas: Canvas, level: Level, onward: str) -> None:
        """The edges from `brief_LEVEL` to the form, and on to `onward` where nobody can be asked."""

    def routing(self, level: Level) -> Sequence[str]:
        """Its own nodes that call `route_approval`."""


@dataclass(frozen=True, slots=True)
class ByDelivery:
    """Version 1 of the node (Dify 1.13 to 1.20): an address is written into each form.

    `web_app` shows the form to whoever started the run too.
    """

    web_app: bool = True
    columns: int = 1

    def add(self, canvas: Canvas, router: Router, level: Level, sources: Sequence[str], column: int) -> None:
        """The form."""
        mail = Mail(f"{level}@example.com", subject(level), body(level))
        data = human_input(f"ask_{level}", form(level), mail, web_app=self.web_app)
        canvas.node(f"ask_{level}", data, column=column, y=TOP)

    def connect(self, canvas: Canvas, level: Level, onward: str) -> None:
        """From the brief to the form."""
        canvas.edge(f"brief_{level}", f"ask_{level}")

    def routing(self, level: Level) -> Sequence[str]:
        """It never routes."""
        return ()


def form(level: Level) -> Form:
    """What a level sees, whichever version of the node shows it."""
    fields = "**Your name**\n\n{{#$output.approver#}}\n\n**Comment**\n\n{{#$output.comment#}}\n"
    return Form(
        title=f"{called(level)} decides",
        desc="Two days, then the policy's on_timeout applies.",
        content=f"{_brief(level)}\n{fields}",
        fields=("approver", "comment"),
        actions=actions(level),
    )


def subject(level: Level) -> str:
    """What the mail is called."""
    return f"Your decision is needed ({level})"


def body(level: Level) -> str:
    """What the mail says; the address of the form stands in it once."""
    return f"{_brief(level)}\nDecide here: {{{{#url#}}}}\n"


def actions(level: Level) -> Mapping[str, str]:
    """The buttons. Nobody stands above the highest level, so it has no button to escalate."""
    buttons = {"approve": "Approve", "reject": "Reject"}
    return {**buttons, "escalate": "Escalate"} if level.above else buttons


def _brief(level: Level) -> str:
    return f"{{{{#brief_{level}.output#}}}}\n"
