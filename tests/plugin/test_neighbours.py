# SPDX-License-Identifier: Apache-2.0
"""While one user's batch of the largest size is read, the calls of another workspace are answered, over stdio."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from devkit.host import HostStorage, PluginHost, Workspace
from devkit.llm_stub import LlmStub
from tests.plugin.conftest import credentials_for

SIZE = 4_800_000
BRACKETS = "[" * SIZE
TOO_LARGE = json.dumps([{"content": "x", "context": {f"k{key}": ["x y z"] * 40 for key in range(100)}}] * 130)


@pytest.mark.parametrize("requests", [BRACKETS, TOO_LARGE], ids=["brackets", "contexts that are too large"])
def test_a_neighbour_gets_several_answers_while_a_large_batch_is_read(
    plugin: PluginHost, stub: LlmStub, requests: str
) -> None:
    neighbour = Workspace(HostStorage(), credentials_for(stub))
    one = Workspace(HostStorage(), credentials_for(stub))
    answered = 0
    with ThreadPoolExecutor(1) as pool:
        batch = pool.submit(plugin.invoke_tool, "analyze_batch", {"requests": requests}, workspace=one)
        while not batch.done():
            plugin.invoke_tool("find_approvals", {"limit": "1"}, workspace=neighbour).raise_for_error()
            answered += 1
        assert batch.result().raise_for_error().variables["status"] in {"refused", "manual_review"}

    assert answered >= 3
