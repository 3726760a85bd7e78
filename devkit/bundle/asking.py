# SPDX-License-Identifier: Apache-2.0
"""How a level is asked: the form, whom its mail goes to, and whose name the decision carries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from approvals.domain.terms import Level
from devkit.bundle.human_input import SHORTEST_FORM_HOURS, Form, Mail, human_input, human_input_v2
from devkit.bundle.nodes import Data, Selector
from devkit.bundle.router import called

PLACEHOLDER = "{level}@example.com"


class Asking(Protocol):
    """A way to ask. Its form has the buttons of `actions` and a field `comment`."""

    @property
    def by_address(self) -> bool:
        """True where a variable holds the address, so that a level may have none.

        Whoever signs next at the same level can then be asked by the form of the level above.
        """

    def form(self, level: Level, brief: Selector, email: Selector) -> Data:
        """The form's node. `brief` and `email` are where the brief and the approver's address stand."""

    def actor(self, level: Level, email: Selector) -> str | list[str]:
        """Who decided: a text with variables in it, or the selector of a variable."""


@dataclass(frozen=True, slots=True)
class ByDelivery:
    """Version 1 of Dify's node (1.13 to 1.20): the addresses are written into each form, and a name is typed.

    `addresses` names those of a policy's people; a level without one gets a placeholder to replace.
    """

    addresses: Mapping[Level, Sequence[str]] | None = None
    hours: int = SHORTEST_FORM_HOURS
    by_address: bool = False

    def form(self, level: Level, brief: Selector, email: Selector) -> Data:
        """The form, by e-mail only: the web app would show it to whoever asks."""
        del email
        fields = "**Your name**\n\n{{#$output.approver#}}\n\n**Comment, or your question**\n\n{{#$output.comment#}}\n"
        to = (self.addresses or {}).get(level) or [PLACEHOLDER.format(level=level)]
        mail = Mail(to, subject(level), body(brief))
        form = _form(level, brief, fields, ("approver", "comment"), self.hours)
        return human_input(f"ask_{level}", form, mail)

    def actor(self, level: Level, email: Selector) -> str:
        """The name that was typed into the form."""
        del email
        return f"{{{{#ask_{level}.approver#}}}}"


@dataclass(frozen=True, slots=True)
class ByAddress:
    """Version 2 of Dify's node (1.20 and later): a variable holds the address, and Dify proves the mailbox.

    Dify fails the whole run when a form can reach nobody, so a level without an address never opens one.
    """

    hours: int = SHORTEST_FORM_HOURS
    by_address: bool = True

    def form(self, level: Level, brief: Selector, email: Selector) -> Data:
        """The form, sent to the address that the policy names for the level."""
        fields = "**Comment, or your question**\n\n{{#$output.comment#}}\n"
        form = _form(level, brief, fields, ("comment",), self.hours)
        return human_input_v2(form, "Your decision is needed", body(brief), email)

    def actor(self, level: Level, email: Selector) -> list[str]:
        """The address whose mailbox Dify proved; nobody types a name."""
        del level
        return [*email]


def subject(level: Level) -> str:
    """What the mail is called. Dify fills no variables into it."""
    return f"Your decision is needed ({level})"


def body(brief: Selector) -> str:
    """What the mail says. Dify makes a link of Markdown, not of an address alone."""
    return f"{_variable(brief)}\n\n**[Decide here]({{{{#url#}}}})**\n"


def actions(level: Level) -> Mapping[str, str]:
    """The buttons. Nobody stands above the highest level, so it has no button to escalate."""
    buttons = {"approve": "Approve", "reject": "Reject", "return": "Ask a question"}
    return {**buttons, "escalate": "Escalate"} if level.above else buttons


def _form(level: Level, brief: Selector, fields: str, names: tuple[str, ...], hours: int) -> Form:
    return Form(
        title=f"{called(level)} decides",
        desc="Without an answer the policy's on_timeout applies.",
        content=f"{_variable(brief)}\n\n{fields}",
        fields=names,
        actions=actions(level),
        hours=hours,
    )


def _variable(selector: Selector) -> str:
    return f"{{{{#{'.'.join(selector)}#}}}}"
