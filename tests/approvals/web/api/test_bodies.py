# SPDX-License-Identifier: Apache-2.0
"""What stands in a body becomes the tool's parameters, or is refused with its name."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.errors import ApprovalError, ErrorCode
from approvals.text.json_text import json_bytes
from approvals.web.api.analyze import PARAMETERS, parameters_in
from approvals.web.api.events import event_in
from approvals.web.http import HttpRequest

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
BODIES = st.dictionaries(
    st.sampled_from([*PARAMETERS, "content", "context", "event", "actor", "data", "type"]) | st.text(), JSON
)


def test_fields_of_the_context_that_are_parameters_become_parameters() -> None:
    body = {"content": "A desk", "context": {"request_type": "purchase", "amount": 640, "project": "X"}}
    assert parameters_in(body) == {
        "content": "A desk",
        "request_type": "purchase",
        "amount": "640",
        "context": '{"project":"X"}',
    }


def test_what_a_client_had_nothing_for_is_absent() -> None:
    body = {
        "content": "A desk",
        "requester": "",
        "amount": None,
        "context": {"requester": "Mia", "currency": ""},
    }
    assert parameters_in(body) == {"content": "A desk", "requester": "Mia"}


def test_the_same_field_twice_must_say_the_same() -> None:
    assert parameters_in({"content": "x", "amount": 5, "context": {"amount": 5}})["amount"] == "5"
    with pytest.raises(ApprovalError, match=r"amount is 5 beside content and 6 in context"):
        parameters_in({"content": "x", "amount": 5, "context": {"amount": 6}})


def refusal(work: Callable[[], object]) -> ErrorCode | None:
    try:
        work()
    except ApprovalError as error:
        return error.code
    return None


@given(BODIES)
def test_a_body_is_read_or_refused_as_a_bad_parameter(body: dict[str, Any]) -> None:
    assert refusal(lambda: parameters_in(body)) in {None, ErrorCode.BAD_PARAMETER}
    assert refusal(lambda: event_in(body, "PO-1")) in {None, ErrorCode.BAD_PARAMETER}


@given(st.binary() | JSON.map(json_bytes))
def test_any_bytes_are_a_json_object_or_a_bad_parameter(body: bytes) -> None:
    request = HttpRequest("POST", "/", body=body)
    assert refusal(request.json_object) in {None, ErrorCode.BAD_PARAMETER}
    assert refusal(request.form) in {None, ErrorCode.BAD_PARAMETER}
