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


# The SDK's reader takes 64 KB of a long frame at a time, so that whoever calls behind it is heard late.
BATCHES = {"own": 3, "sdk": 1}
ANSWERS = {"own": 10, "sdk": 2}


@pytest.mark.parametrize("requests", [BRACKETS, TOO_LARGE], ids=["brackets", "contexts that are too large"])
def test_a_neighbour_is_heard_and_answered_while_large_batches_are_read(
    plugin: PluginHost, channel: str, stub: LlmStub, requests: str
) -> None:
    neighbour = Workspace(HostStorage(), credentials_for(stub))
    one = Workspace(HostStorage(), credentials_for(stub))
    done: list[int] = []
    with ThreadPoolExecutor(BATCHES[channel]) as pool:
        batches = [
            pool.submit(plugin.invoke_tool, "analyze_batch", {"requests": requests}, workspace=one)
            for _ in range(BATCHES[channel])
        ]
        while not all(batch.done() for batch in batches):
            plugin.invoke_tool("find_approvals", {"limit": "1"}, workspace=neighbour).raise_for_error()
            done.append(sum(batch.done() for batch in batches))
        for batch in batches:
            assert batch.result().raise_for_error().variables["status"] in {"refused", "manual_review"}

    assert channel == "sdk" or done[0] == 0, "the first answer came after a batch was done"
    assert len(done) >= ANSWERS[channel]
