# SPDX-License-Identifier: Apache-2.0
"""How a request gets into a workflow: by a form, by a webhook, in a conversation."""

import uuid
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from devkit.engine import Conversation, Run, Runner, Workflow


def by_form(runner: Runner, workflow: Workflow, form: Mapping[str, Any]) -> Run:
    """The start form, filled in."""
    return runner.start(workflow, form)


def by_webhook(runner: Runner, workflow: Workflow, form: Mapping[str, Any]) -> Run:
    """What another system sends: what it does not know it leaves out."""
    known = {name: value for name, value in form.items() if value is not None}
    return runner.start(workflow, {"reference": f"PO-{uuid.uuid4()}", **known})


@dataclass(frozen=True, slots=True)
class ByChat:
    """Four messages, and “yes” to what is read back; the last one's run is the request.

    The three messages before anything is sent are said once for all requests that begin with them: what the chatflow
    remembers of them is copied.
    """

    begun: dict[tuple[str, ...], Conversation] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def __call__(self, runner: Runner, workflow: Workflow, form: Mapping[str, Any]) -> Run:
        talk = self._begun(runner, workflow, (form["content"], form["requester"], form["request_type"]))
        cost = "none" if form["amount"] is None else f"{form['amount']} {form['currency']}"
        run = runner.say(workflow, talk, cost)
        return runner.say(workflow, talk, "yes") if talk.variables["asking"] == "confirm" else run

    def _begun(self, runner: Runner, workflow: Workflow, messages: tuple[str, ...]) -> Conversation:
        with self.lock:
            if messages not in self.begun:
                talk = self.begun[messages] = Conversation()
                for message in messages:
                    runner.say(workflow, talk, message)
        said = self.begun[messages]
        return Conversation(deepcopy(said.variables), messages=said.messages)
