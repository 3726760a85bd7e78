# SPDX-License-Identifier: Apache-2.0
"""The call that all others are compared with is a whole one."""

import pytest

from bench.bare_call import BareCaller
from bench.samples import KEY, payload, routine_purchases
from devkit.llm_stub import LlmStub

BODY = payload(routine_purchases()[0])


def test_a_bare_call_takes_as_long_as_the_endpoint_and_may_be_repeated() -> None:
    with LlmStub(latency_ms=20, api_key=KEY) as stub, BareCaller(stub.base_url, KEY, BODY) as caller:
        taken = [caller.seconds() for _ in range(3)]

    assert min(taken) >= 0.02
    assert len(stub.requests) == 3


def test_a_refused_call_is_no_measurement() -> None:
    with (
        LlmStub(api_key=KEY) as stub,
        BareCaller(stub.base_url, "another key", BODY) as caller,
        pytest.raises(RuntimeError, match=r"answered HTTP/1\.1 401"),
    ):
        caller.seconds()
