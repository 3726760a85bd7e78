# SPDX-License-Identifier: Apache-2.0
"""The tools as Dify's SDK builds them, over a mocked endpoint, a storage in memory and a clock of the test."""

import json
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from dify_plugin import Tool
from dify_plugin.entities.tool import ToolInvokeMessage, ToolRuntime

from approvals.dify import services
from approvals.wiring import Wiring
from tests.approvals.llm.callers import StillClock
from tests.tools_against_mocked_endpoints.mocked_endpoint import MockedEndpoint
from tools.analyze_approval import AnalyzeApprovalTool
from tools.analyze_batch import AnalyzeBatchTool
from tools.find_approvals import FindApprovalsTool
from tools.replay_dead_letters import ReplayDeadLettersTool
from tools.route_approval import RouteApprovalTool

KEY = "key-that-must-never-show"
DESKS = {
    "content": "Two height-adjustable desks for the front office.",
    "request_type": "purchase",
    "amount": "300",
    "currency": "USD",
    "requester": "Ann",
}


class Storage:
    """A workspace's storage, as the SDK hands it to a plugin."""

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}

    def get(self, key: str) -> bytes:
        return self.values[key]

    def set(self, key: str, val: bytes) -> None:
        self.values[key] = val

    def delete(self, key: str) -> None:
        del self.values[key]

    def exist(self, key: str) -> bool:
        return key in self.values


class Plugin:
    """One installation of the plugin in one workspace. Each method calls one tool and gives its variables."""

    def __init__(self, endpoint: MockedEndpoint, clock: StillClock, storage: Storage | None = None) -> None:
        self.wiring = Wiring(clock, httpx.MockTransport(endpoint))
        self.credentials = {"api_key": KEY, "base_url": "https://models.example/v1", "deadline_seconds": "30"}
        self._storage = storage or Storage()

    def analyze(self, **changes: str) -> dict[str, Any]:
        return self._call(AnalyzeApprovalTool, {**DESKS, **changes})

    def analyze_batch(self, *requests: dict[str, Any]) -> dict[str, Any]:
        return self._call(AnalyzeBatchTool, {"requests": json.dumps(requests)})

    def route(self, request_id: str, event: str, **parameters: str) -> dict[str, Any]:
        return self._call(RouteApprovalTool, {"request_id": request_id, "event": event, **parameters})

    def find(self, **parameters: str) -> dict[str, Any]:
        return self._call(FindApprovalsTool, parameters)

    def replay(self) -> dict[str, Any]:
        return self._call(ReplayDeadLettersTool, {})

    def submitted(self, **changes: str) -> str:
        """The id of a request that waits for its first signature."""
        request_id: str = self.analyze(amount="3000", **changes)["request_id"]
        assert self.route(request_id, "submit")["state"] == "under_review"
        return request_id

    def _call(self, tool: type[Tool], parameters: dict[str, str]) -> dict[str, Any]:
        session = SimpleNamespace(
            session_id="session-1", app_id="app-1", storage=self._storage, reader=None, writer=None
        )
        runtime = ToolRuntime(credentials=self.credentials, user_id="user-1", session_id="session-1")
        messages = list(tool(runtime, session).invoke(parameters))  # type: ignore[arg-type]
        return variables(messages)


def variables(messages: list[ToolInvokeMessage]) -> dict[str, Any]:
    """The variables of an answer, which its one JSON message repeats; the key is in none of its messages."""
    kinds = ToolInvokeMessage.MessageType
    said: dict[str, Any] = {
        message.message.variable_name: message.message.variable_value  # type: ignore[union-attr]
        for message in messages
        if message.type is kinds.VARIABLE
    }
    [repeated] = [message.message for message in messages if message.type is kinds.JSON]
    assert repeated.json_object == said  # type: ignore[union-attr]
    assert [message.type for message in messages][-1] is kinds.TEXT
    assert not any(KEY in repr(message) for message in messages)
    assert None not in said.values()
    return said


@pytest.fixture
def clock() -> StillClock:
    """Moves only when the plugin waits, and remembers for how long."""
    return StillClock()


@pytest.fixture
def endpoint() -> MockedEndpoint:
    """Answers like a sound model until a test tells it otherwise."""
    return MockedEndpoint()


@pytest.fixture
def plugin(endpoint: MockedEndpoint, clock: StillClock, monkeypatch: pytest.MonkeyPatch) -> Plugin:
    made = Plugin(endpoint, clock)
    monkeypatch.setattr(services, "wiring", lambda: made.wiring)
    return made
