# SPDX-License-Identifier: Apache-2.0
"""A decision taken on the desk while Dify's form for it is open: the run still ends with what is true."""

import re
from collections.abc import Iterator
from html import unescape

import httpx
import pytest

from approvals.domain.terms import Level, State
from devkit.engine import Run
from devkit.host import PluginHost
from devkit.serve import EndpointServer
from tests.workflows.stories import Stage, Step, Story, take

SETTINGS = {
    "api_token": "token-of-the-endpoint-0123456789",
    "signing_secret": "",
    "desk_secret": "desk-secret-of-the-endpoint-0123456789",
}
ONE = Story(State.APPROVED, stages=[Level.MANAGER])
TWO = Story(State.APPROVED, stages=[Level.MANAGER, Level.DIRECTOR])


@pytest.fixture(scope="module")
def desk(plugin: PluginHost) -> Iterator[str]:
    with EndpointServer(plugin, SETTINGS) as server:
        yield f"{server.url}/"


def decide(desk: str, request_id: str, event: str, person: str) -> None:
    """Sign in, choose, confirm."""

    def fields(page: httpx.Response) -> dict[str, str]:
        last = page.text.rpartition("<form")[2]
        found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', last)
        return {name: unescape(value) for name, value in found}

    with httpx.Client(base_url=desk, trust_env=False, timeout=30) as browser:
        browser.post("desk", data={"person": person, "token": SETTINGS["api_token"]})
        page = f"desk/{request_id}"
        asked = browser.post(
            page, data={**fields(browser.get(page)), "event": event, "comment": "On the desk"}
        )
        assert browser.post(page, data=fields(asked)).status_code == 303, asked.text


def started(stage: Stage, story: Story) -> tuple[Run, str]:
    run = stage.start(story)
    [submitted] = [node.outputs for node in run.trace if node.node_id == "submit"]
    return run, str(submitted["request_id"])


@pytest.mark.parametrize("pressed", ["approve", "reject", "escalate", ""])
@pytest.mark.parametrize(("event", "state"), [("approve", State.APPROVED), ("reject", State.REJECTED)])
def test_the_run_ends_as_the_desk_decided_whatever_the_form_is_answered(
    stage: Stage, desk: str, event: str, state: State, pressed: str
) -> None:
    run, request_id = started(stage, ONE)
    decide(desk, request_id, event, "Dora")

    take(run, Step(Level.MANAGER, pressed, "Ann"))

    assert run.status.succeeded, run.errors
    assert (run.outputs["state"], run.outputs["next_step"]) == (state, "closed")
    assert run.pending_forms == ()


@pytest.mark.parametrize("pressed", ["approve", ""])
def test_after_a_signature_on_the_desk_the_run_asks_who_signs_next(
    stage: Stage, desk: str, pressed: str
) -> None:
    run, request_id = started(stage, TWO)
    decide(desk, request_id, "approve", "Dora")

    take(run, Step(Level.MANAGER, pressed, "Ann"))
    [form] = run.pending_forms
    assert form.node_id == "ask_director"
    take(run, Step(Level.DIRECTOR, "approve", "Cy"))

    assert run.status.succeeded, run.errors
    assert run.outputs["state"] == State.APPROVED
