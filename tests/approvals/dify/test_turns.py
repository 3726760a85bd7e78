# SPDX-License-Identifier: Apache-2.0
"""Whatever a list of requests looks like, others get their turn after every slice of the work on it."""

import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.dify.batch_items import RequestList
from approvals.dify.orders import batch_order
from approvals.dify.turns import SLICE, Turns
from approvals.errors import ApprovalError
from approvals.text.python_literals import json_of_python

SIZE = 500_000
WORDS = "Two desks for 1280.50 USD. "


class Counted:
    """Counts the pauses."""

    def __init__(self) -> None:
        self.pauses = 0

    def __call__(self) -> None:
        self.pauses += 1


def many(**more: Any) -> list[dict[str, Any]]:
    one = {"content": WORDS * 10, "requester": "Ann", **more}
    return [one] * (SIZE // len(json.dumps(one)))


TEXTS: dict[str, Callable[[], str]] = {
    "json": lambda: json.dumps(many()),
    "python": lambda: str(many()),
    "json in json": lambda: json.dumps(json.dumps(many())),
    "numbers": lambda: json.dumps(list(range(9_000))),
    "contexts": lambda: json.dumps(many(context={f"k{number}": "x" for number in range(1_000)})),
}


@pytest.mark.parametrize("kind", TEXTS)
def test_reading_and_taking_a_list_pauses_after_every_slice(kind: str) -> None:
    text, counted = TEXTS[kind](), Counted()

    requests = RequestList(text, Turns(counted))
    read = counted.pauses
    taken = sum(1 for _ in requests)

    at_most = SLICE + len(text) // taken + 1_000  # a pause comes behind a whole request
    assert read >= len(text) // at_most - 1
    assert counted.pauses - read >= len(text) // at_most - 1
    assert counted.pauses - read >= taken * 1_000 // at_most - 1, "many small requests are work, too"


def test_a_list_that_was_parsed_before_is_taken_in_slices() -> None:
    counted = Counted()

    for _ in RequestList(many(), Turns(counted)):
        pass

    assert counted.pauses >= SIZE // SLICE // 2


@pytest.mark.parametrize(
    "text", ["[" * SIZE, "'" + "a" * SIZE, "1," * (SIZE // 2), "[(" * (SIZE // 2)], ids=range(4)
)
def test_what_turns_out_to_be_no_list_is_read_in_slices(text: str) -> None:
    counted = Counted()

    with pytest.raises(ApprovalError, match="must be a JSON array"):
        RequestList(text, Turns(counted))

    if not text.startswith("'"):  # one string is read in one go
        assert counted.pauses >= len(text) // SLICE - 1


@given(st.lists(st.dictionaries(st.text(max_size=5), st.text(max_size=50)), max_size=5))
def test_the_reading_of_python_is_the_same_with_and_without_somebody_who_listens(value: list[Any]) -> None:
    heard: list[int] = []

    assert json_of_python(str(value), heard.append) == json_of_python(str(value))
    assert sum(heard) <= len(str(value))


def test_between_two_pauses_only_so_many_requests_are_read() -> None:
    at_pause: list[int] = []
    taken = itertools.count()

    def bad_requests() -> Iterator[object]:
        order = batch_order(
            {"requests": json.dumps(many(amount="1.000"))}, Turns(lambda: at_pause.append(next(taken)))
        )
        for item in order.items:
            next(taken)
            yield item

    total = sum(isinstance(one, ApprovalError) for one in bad_requests())

    assert total > 1_000
    steps = [later - earlier for earlier, later in itertools.pairwise(at_pause)]
    assert max(steps) <= SLICE // 1_000 + 1
