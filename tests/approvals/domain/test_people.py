# SPDX-License-Identifier: Apache-2.0
"""Every spelling in a policy stands for one person, or the policy is refused."""

import time

import pytest

from approvals.domain.people import Directory, Person, same_person
from approvals.domain.terms import Level
from approvals.errors import ApprovalError, ErrorCode
from tests.approvals.domain.worlds import stages_policy


def person(name: str, *aliases: str, email: str | None = None) -> Person:
    return Person(name=name, email=email, levels=(Level.MANAGER,), aliases=aliases)


ANN = person("Ann Lee", "alee", "ann.lee", email="ann@example.com")
BO = person("Bo \u0406gor", email="bo@example.com")
DIRECTORY = Directory([ANN, BO])


@pytest.mark.parametrize(
    "typed", ["Ann Lee", "ALEE", "ann@example.com", "Ann Lee <ann@example.com>", "\u0430lee", "al\u0435e"]
)
def test_whatever_is_listed_finds_the_person(typed: str) -> None:
    assert DIRECTORY.find(typed) is ANN


@pytest.mark.parametrize("typed", ["Bo \u0406gor", "Bo Igor", "bo \u04c0gor"])
def test_a_listed_name_in_another_script_is_found_as_a_reader_sees_it(typed: str) -> None:
    assert DIRECTORY.find(typed) is BO


@pytest.mark.parametrize("typed", ["", "Ann", "Lee", "ann.lee@example.com", "ann@example.org", "Bea"])
def test_what_is_not_listed_finds_nobody(typed: str) -> None:
    assert DIRECTORY.find(typed) is None


@pytest.mark.parametrize("typed", ["Ann", "ann.lee@other.example.com", "Ann <annlee@example.org>"])
def test_an_unlisted_name_that_may_be_a_listed_person_counts_as_the_person_where_it_forbids(
    typed: str,
) -> None:
    assert same_person(DIRECTORY, typed, "alee")
    assert not same_person(DIRECTORY, typed, "Bo Igor")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"name": "Ann"}, {"name": "ann."}),
        ({"name": "Ann", "email": "a@example.com"}, {"name": "Bo", "aliases": ["A@EXAMPLE.COM"]}),
        ({"name": "Ann", "aliases": ["boss"]}, {"name": "Bo", "aliases": ["b\u043ess"]}),
        ({"name": "Ian"}, {"name": "\u04c0an"}),
    ],
)
def test_a_spelling_that_stands_for_two_is_refused(
    first: dict[str, object], second: dict[str, object]
) -> None:
    listed = [{"levels": ["manager"], **one} for one in (first, second)]

    with pytest.raises(ApprovalError) as caught:
        stages_policy("manager", people=listed)

    assert caught.value.code is ErrorCode.BAD_POLICY
    assert "stands for" in caught.value.message
    assert repr(first["name"]) in caught.value.message


def test_one_person_may_be_spelled_twice_alike() -> None:
    assert Directory([person("Ann", "ann", "ANN.")]).find("ann") is not None


def test_many_people_are_listed_and_found_in_linear_time() -> None:
    def seconds(count: int) -> float:
        began = time.process_time()
        directory = Directory([person(f"B\u043e {number}", f"b{number}") for number in range(count)])
        assert all(directory.find(f"Bo {number}") for number in range(count))
        return time.process_time() - began

    seconds(200)
    assert seconds(500) < 1
