# SPDX-License-Identifier: Apache-2.0
"""The plugin as Dify runs it: a process behind stdio, with a loopback model endpoint."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from devkit.host import HostStorage, PluginHost
from devkit.llm_stub import LlmStub

ROOT = Path(__file__).parents[2]
KEY = "key-that-must-never-show"


def credentials_for(stub: LlmStub, **changes: str) -> dict[str, str]:
    """The plugin's credentials for a stub, changed as asked."""
    return {
        "api_key": KEY,
        "base_url": stub.base_url,
        "allow_insecure_http": "true",
        "deadline_seconds": "10",
        "max_concurrency": "64",
        "rpm_limit": "100000",
        "tpm_limit": "100000000",
        **changes,
    }


@pytest.fixture(scope="session")
def stub() -> Iterator[LlmStub]:
    """One model endpoint for all tests of this folder; each test clears its script."""
    with LlmStub(latency_ms=5, api_key=KEY) as running:
        yield running


@pytest.fixture(scope="session", params=["own", "sdk"])
def channel(request: pytest.FixtureRequest) -> str:
    """Which reader and writer of frames the plugin uses: its own, or the SDK's."""
    return str(request.param)


@pytest.fixture(scope="session")
def shared_plugin(stub: LlmStub, channel: str) -> Iterator[PluginHost]:
    """One plugin process for all tests that do not end it."""
    with PluginHost(
        command=(sys.executable, "-m", "main"),
        cwd=ROOT,
        env={"APPROVALS_CHANNEL": channel},
        storage=HostStorage(),
        credentials=credentials_for(stub),
    ) as host:
        yield host


@pytest.fixture
def plugin(shared_plugin: PluginHost, stub: LlmStub) -> Iterator[PluginHost]:
    """The shared plugin, which must have kept to the protocol after each test, and its key to itself."""
    stub.clear()
    yield shared_plugin
    stub.clear()
    assert shared_plugin.violations == []
    assert KEY not in str(shared_plugin.logs)
    assert KEY not in shared_plugin.stderr
