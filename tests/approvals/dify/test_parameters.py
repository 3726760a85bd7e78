# SPDX-License-Identifier: Apache-2.0
import pytest

from approvals.dify.parameters import Parameters
from approvals.errors import ApprovalError


@pytest.mark.parametrize("word", ["None", "null", "undefined", " None ", "", None])
def test_what_was_written_out_as_absent_is_absent(word: object) -> None:
    given = Parameters(
        dict.fromkeys(("key", "amount", "priority", "context", "policy", "limit", "day"), word)
    )

    assert given.text("key", limit=100) == ""
    assert given.amount() == (None, "")
    assert given.priority() is None
    assert given.json_object("context") == {}
    assert given.policy() is None
    assert given.limit(default=7, high=9) == 7
    assert given.date("day") is None
    with pytest.raises(ApprovalError, match="required"):
        given.prose("key", limit=100, required=True)


def test_a_name_that_looks_like_nothing_is_a_name() -> None:
    assert Parameters({"requester": "Null"}).prose("requester", limit=100) == "Null"


def test_no_value_of_a_doubled_key_is_lost() -> None:
    text = '{"site": "Lyon", "site": "Oslo", "deep": {"a": 1, "a": 2, "a": 3}}'

    assert Parameters({"context": text}).json_object("context") == {
        "site": "Lyon",
        "site (2)": "Oslo",
        "deep": {"a": 1, "a (2)": 2, "a (3)": 3},
    }
