# SPDX-License-Identifier: Apache-2.0
"""The forms of Human Input nodes: opened when a run reaches one, answered by a person or by the clock."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from graphon.nodes.human_input.entities import Completed, Expired, HITLContext, HITLDecision, PauseRequested
from graphon.nodes.human_input.human_input_node import HumanInputNode
from graphon.runtime.runtime_state_protocol import ReadOnlyVariablePool
from graphon.variables.factory import build_segment
from graphon.variables.segments import Segment
from graphon.variables.template_resolution import convert_template

from approvals.errors import shown
from devkit.engine.mail import Mail, mails_of
from devkit.engine.recipients import recipients_of
from devkit.engine.web_form import content_html, text_area

TIMEOUT_HANDLE = "__timeout"
FORM_PAGE = "https://dify.example.com/form"  # what `{{#url#}}` in a mail stands for, without the form's token
_UNITS = {"hour": timedelta(hours=1), "day": timedelta(days=1)}


class FormError(ValueError):
    """An answer that the form does not allow. The message names the value and what is allowed."""


@dataclass(frozen=True, slots=True)
class Form:
    """One open form, as the person sees it. Field markers (`{{#$output.name#}}`) stay in the content.

    `recipients` are told of it, by `mails` where they have an address; `filled` is what its fields hold at first.
    """

    form_id: str
    node_id: str
    title: str
    content: str
    inputs: tuple[str, ...]
    actions: Mapping[str, str]
    recipients: tuple[str, ...]
    mails: tuple[Mail, ...]
    filled: Mapping[str, str]
    opened_at: datetime
    deadline: datetime

    @property
    def mail(self) -> Mail:
        """The one mail that is sent. Raises FormError when there is none, or more than one."""
        if len(self.mails) != 1:
            raise FormError(f"the form at {shown(self.node_id)} sends {len(self.mails)} mails, not one")
        return self.mails[0]

    @property
    def html(self) -> str:
        """The content as Dify's web page shows it, with its fields in it."""
        return content_html(self.content, lambda name: text_area(name, self.filled.get(name, "")))


@dataclass(frozen=True, slots=True)
class _Answer:
    """What came back: an action with its fields, or a timeout, whose action is empty."""

    action: str
    inputs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class RunForms:
    """All forms of one run. They outlive the engine objects that a paused run goes through."""

    now: Callable[[], datetime]
    _open: dict[str, Form] = field(default_factory=dict)
    _answers: dict[str, _Answer] = field(default_factory=dict)

    @property
    def pending(self) -> tuple[Form, ...]:
        """The forms that wait for an answer, oldest first."""
        return tuple(form for form_id, form in self._open.items() if form_id not in self._answers)

    def pending_at(self, node_id: str) -> Form:
        """The form that waits at a node. Raises FormError."""
        for form in self.pending:
            if form.node_id == node_id:
                return form
        waiting = ", ".join(form.node_id for form in self.pending) or "none"
        raise FormError(f"no form waits at node {shown(node_id)}; waiting: {waiting}")

    def answer(self, form: Form, action: str, inputs: Mapping[str, Any]) -> None:
        """Press a button. Like Dify, every field must be present, be it empty. Raises FormError."""
        if action not in form.actions:
            raise FormError(f"action {shown(action)} is not on the form; allowed: {', '.join(form.actions)}")
        if inputs.keys() != set(form.inputs):
            raise FormError(f"fields {sorted(inputs)} do not fit the form, which has {sorted(form.inputs)}")
        self._answers[form.form_id] = _Answer(action, inputs)

    def expire(self, form: Form) -> None:
        """Let the form's time run out."""
        self._answers[form.form_id] = _Answer(action="")

    def decide(self, node: HumanInputNode, context: HITLContext) -> HITLDecision:
        """What a Human Input node does now: wait, go on with the answer, or take the timeout branch."""
        form = self._open.get(node.execution_id)
        if form is None:
            form = self._open[node.execution_id] = self._opened(node, context)
        answer = self._answers.get(form.form_id)
        if answer is None:
            return PauseRequested(session_id=form.form_id)
        if not answer.action:
            return Expired(selected_handle=TIMEOUT_HANDLE, outputs=_special(form, answer))
        given = {name: build_segment(value) for name, value in answer.inputs.items()}
        return Completed(
            selected_handle=answer.action, inputs=given, outputs={**given, **_special(form, answer)}
        )

    def _opened(self, node: HumanInputNode, context: HITLContext) -> Form:
        data = node.node_data
        now = self.now()
        unit = _UNITS[data.get("timeout_unit", "hour")]
        recipients = recipients_of(data, context.variable_pool)
        url = f"{FORM_PAGE}/{node.execution_id}"
        return Form(
            form_id=node.execution_id,
            node_id=context.node_id,
            title=context.node_title,
            content=convert_template(context.variable_pool, data.get("form_content", "")).markdown,
            inputs=tuple(one["output_variable_name"] for one in data.get("inputs", ())),
            actions={one["id"]: one["title"] for one in data.get("user_actions", ())},
            recipients=recipients,
            mails=tuple(mails_of(data, context.variable_pool, recipients, url)),
            filled=dict(_filled(data.get("inputs", ()), context.variable_pool)),
            opened_at=now,
            deadline=now + data.get("timeout", 36) * unit,
        )


def _filled(inputs: Iterable[Mapping[str, Any]], pool: ReadOnlyVariablePool) -> Iterator[tuple[str, str]]:
    for one in inputs:
        default = one.get("default") or {}
        value = default.get("value", "")
        if default.get("type") == "variable":
            found = pool.get(default["selector"])
            value = found.text if found else ""
        yield one["output_variable_name"], str(value)


def _special(form: Form, answer: _Answer) -> dict[str, Segment]:
    content = form.content
    for name, value in answer.inputs.items():
        content = content.replace("{{#$output." + name + "#}}", str(value))
    return {
        "__action_id": build_segment(answer.action),
        "__action_value": build_segment(form.actions.get(answer.action, "")),
        "__rendered_content": build_segment(content),
    }
