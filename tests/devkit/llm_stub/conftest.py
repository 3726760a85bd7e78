# SPDX-License-Identifier: Apache-2.0
"""A running stub, fresh for each test."""

from collections.abc import Iterator

import pytest

from devkit.llm_stub import LlmStub


@pytest.fixture
def stub() -> Iterator[LlmStub]:
    with LlmStub() as running:
        yield running
