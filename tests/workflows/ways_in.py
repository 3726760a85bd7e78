# SPDX-License-Identifier: Apache-2.0
"""How a request gets into a workflow: by a form, by a webhook, in a conversation."""

import uuid
from collections.abc import Mapping
from typing import Any

from devkit.engine import Conversation, Run, Runner, Workflow


def by_form(runner: Runner, workflow: Workflow, form: Mapping[str, Any]) -> Run:
    """The start form, filled in."""
    return runner.start(workflow, form)


def by_webhook(runner: Runner, workflow: Workflow, form: Mapping[str, Any]) -> Run:
    """What another system sends: what it does not know it leaves out."""
    known = {name: value for name, value in form.items() if value is not None}
    return runner.start(workflow, {"reference": f"PO-{uuid.uuid4()}", **known})


def by_chat(runner: Runner, workflow: Workflow, form: Mapping[str, Any]) -> Run:
    """Four messages, and “yes” to what is read back; the last one's run is the request."""
    talk = Conversation()
    cost = "none" if form["amount"] is None else f"{form['amount']} {form['currency']}"
    for message in (form["content"], form["requester"], form["request_type"]):
        runner.say(workflow, talk, message)
    run = runner.say(workflow, talk, cost)
    return runner.say(workflow, talk, "yes") if talk.variables["asking"] == "confirm" else run
