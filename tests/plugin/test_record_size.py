# SPDX-License-Identifier: Apache-2.0
"""What a decided request takes in Dify's storage, all of its keys together, over stdio."""

import sys
from collections.abc import Iterator

import pytest

from bench.record_bytes import AMOUNTS, bytes_of_decided
from devkit.host import HostStorage, PluginHost
from devkit.llm_stub import LlmStub
from tests.plugin.conftest import ROOT, credentials_for

MOST_BYTES = 2_500


@pytest.fixture(scope="module")
def alone(stub: LlmStub) -> Iterator[PluginHost]:
    stub.clear()
    command = (sys.executable, "-m", "main")
    with PluginHost(
        command=command, cwd=ROOT, storage=HostStorage(), credentials=credentials_for(stub)
    ) as host:
        yield host


@pytest.mark.parametrize("decided", AMOUNTS)
def test_a_decided_request_takes_at_most_two_and_a_half_kilobytes(alone: PluginHost, decided: str) -> None:
    assert 500 <= bytes_of_decided(alone, AMOUNTS[decided], count=8) <= MOST_BYTES
