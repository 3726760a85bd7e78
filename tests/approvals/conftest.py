# SPDX-License-Identifier: Apache-2.0
"""A scripted endpoint, and clients whose connections are closed when the test is over."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from approvals.llm import LlmClient
from tests.approvals.llm.callers import client_of
from tests.approvals.llm.endpoints import ScriptedEndpoint

ClientAt = Callable[..., LlmClient]


@pytest.fixture
def endpoint() -> Iterator[ScriptedEndpoint]:
    """Answers well until a test writes it a script."""
    with ScriptedEndpoint() as running:
        yield running


@pytest.fixture
def client_at() -> Iterator[ClientAt]:
    """Makes clients as `client_of` does."""
    made: list[LlmClient] = []

    def make(base_url: str, *given: Any, **parts: Any) -> LlmClient:
        made.append(client_of(base_url, *given, **parts))
        return made[-1]

    yield make
    for client in made:
        client.transport.close()
