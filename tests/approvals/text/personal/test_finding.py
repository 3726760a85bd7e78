# SPDX-License-Identifier: Apache-2.0
"""Personal data is found however it is written, and ordinary numbers of a request are left alone."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.text.personal import PersonalData, find_personal_data
from tests.approvals.text.personal.values import values

ALL = tuple(PersonalData)


def found(text: str, *kinds: PersonalData) -> list[str]:
    return [text[one.start : one.end] for one in find_personal_data(text, kinds or ALL)]


@pytest.mark.parametrize("kind", PersonalData)
@given(st.data())
def test_every_value_is_found_whole(kind: PersonalData, data: st.DataObject) -> None:
    value = data.draw(values[kind])
    before = data.draw(st.sampled_from(["", "please pay ", "(", "to: ", "\n", "号码：", "<"]))
    after = data.draw(st.sampled_from(["", ".", ", thanks", ")", "\nBest", "。", ">", " today"]))

    assert found(f"{before}{value}{after}", kind) == [value]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("Ann <ann.lee+x@example.co.uk>, bob@b.io.", ["ann.lee+x@example.co.uk", "bob@b.io"]),
        ("mailto:ann@example.com?x", ["ann@example.com"]),
        ("'ann@example.com'", ["ann@example.com"]),
        ("用户@例子.公司", ["用户@例子.公司"]),
        ("Tel.: 55512 and phone number 5551234", ["55512", "5551234"]),
        ("电话：5551234", ["5551234"]),
        ("Call +49 170 1234567 500 EUR each", ["+49 170 1234567"]),
        ("4111 1111 1111 1111 123", ["4111 1111 1111 1111"]),
        ("exp 12 4111111111111111", ["4111111111111111"]),
        ("３７８２８２２４６３１０００５", ["３７８２８２２４６３１０００５"]),
        (
            "DE89 3704 0044 0532 0130 00 and GB82WEST12345698765432",
            ["DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432"],
        ),
        ("a@b.io/4111111111111111", ["a@b.io", "4111111111111111"]),
    ],
)
def test_what_is_found_in_sentences(text: str, values: list[str]) -> None:
    assert found(text) == values


@pytest.mark.parametrize(
    "text",
    [
        "1,234.50 EUR", "12 500 000 USD", "1.000.000,00 EUR", "100 200 300 400 500 600", "2026-11-03 10:30",
        "03.11.2026 12:30", "03/11/2026 1200", "invoice 2026-00123", "PO0123456789", "PO-4500012345", "10.0.0.1",
        "4111 1111 1111 1112", "v1.2.3", "#4711",
        "a@b", "@team", "9k", "3 x 49.90", "12345678", "0.005", "1700000000", "Room 0123", "9:00-17:00",
        "Mobile plan 12000 EUR", "Phone: 900 USD", "24/7", "ISO 9001:2015", "50 %",
    ],
)  # fmt: skip
def test_ordinary_numbers_are_left_alone(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "DE89 3704 0044 0532 0131 00",
        "DE89 3704 0044 0532 0130 0",
        "XX89 3704 0044 0532 0130 00",
        "xDE89370400440532013000",
    ],
)
def test_an_account_number_with_a_wrong_check_digit_length_or_country_is_none(text: str) -> None:
    assert found(text, PersonalData.IBAN) == []


def test_only_the_kinds_that_are_asked_for_are_found() -> None:
    text = "a@b.io 4111111111111111"

    assert found(text, PersonalData.EMAIL) == ["a@b.io"]
    assert find_personal_data(text, ()) == []


@given(st.text("ab@.+0123456789 -()/DE8GBtel:\u200b\uff20", max_size=300))
def test_what_is_found_stands_in_order_without_overlaps(text: str) -> None:
    spans = [(one.start, one.end) for one in find_personal_data(text, ALL)]

    assert all(start < end for start, end in spans)
    assert all(end <= after for (_, end), (after, _) in pairwise(spans))


@pytest.mark.parametrize(
    "unit",
    [
        *("a", "@", "a@", "a.", "a@a.", "0", "0 ", "1 ", "1-", "4111 ", "+", "+1", "(", "(1", "1.", ".", "-"),
        *("tel ", "tel:1 ", "DE89", "DE89 ", "DE89 3704 "),
    ],
)  # fmt: skip
def test_it_takes_linear_time(unit: str) -> None:
    def seconds(size: int) -> float:
        text = unit * (size // len(unit))
        best = float("inf")
        for _ in range(3):
            started = time.process_time()
            find_personal_data(text, ALL)
            best = min(best, time.process_time() - started)
        return best

    assert seconds(40_000) < seconds(10_000) * 12 + 0.05
