# SPDX-License-Identifier: Apache-2.0
"""Amounts with a currency beside them are found in any script, in digits and in words."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.text.money_in_text import MoneyText


def amounts(text: str) -> list[tuple[Decimal, str]]:
    return [(mention.amount, mention.currencies[0]) for mention in MoneyText(text).mentions]


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("9k USD", 9_000, "USD"),
        ("9K $", 9_000, "USD"),
        ("EUR 45.000,00", 45_000, "EUR"),
        ("US$ 1.2 million", 1_200_000, "USD"),
        ("2,5 Mio. €", 2_500_000, "EUR"),
        ("15 TEUR", 15_000, "EUR"),
        ("CHF 1'234.–", 1_234, "CHF"),
        ("₹1,23,456.00", 123_456, "INR"),
        ("2.5 lakh rupees", 250_000, "INR"),
        ("９，０００円", 9_000, "JPY"),
        ("٩٬٠٠٠ ريال", 9_000, "SAR"),
        ("十二万元", 120_000, "CNY"),
        ("3.5 万元", 35_000, "CNY"),
        ("陆仟元整", 6_000, "CNY"),
        ("九千美元", 9_000, "USD"),
        ("二千ドル", 2_000, "USD"),
        ("6万4千円", 64_000, "JPY"),
        ("nine thousand dollars", 9_000, "USD"),
        ("one hundred and twenty-five thousand euros", 125_000, "EUR"),
        ("half a million pounds", 500_000, "GBP"),
        ("neuntausend Euro", 9_000, "EUR"),
        ("zweihundertfünfzigtausend Euro", 250_000, "EUR"),
        ("deux mille euros", 2_000, "EUR"),
        ("quatre-vingt-quinze mille euros", 95_000, "EUR"),
        ("2,5 millions d'euros", 2_500_000, "EUR"),
        ("dos mil dólares", 2_000, "USD"),
        ("treinta y dos mil quinientos euros", 32_500, "EUR"),
        ("dois mil reais", 2_000, "BRL"),
        ("dezoito mil e quinhentos reais", 18_500, "BRL"),
        ("venticinquemila euro", 25_000, "EUR"),
        ("9\u200b000\u00a0USD", 9_000, "USD"),
        ("9.000 EUR", 9_000, "EUR"),  # of two readings the larger
    ],
)
def test_an_amount_is_read(text: str, amount: int, currency: str) -> None:
    assert amounts(text) == [(Decimal(amount), currency)]
    assert (Decimal(amount), currency) in amounts(f"Bitte 3 x, {text}. Ref 2026-11, 12 kg.")


@pytest.mark.parametrize(
    "text",
    [
        "invoice 20260417 of 2026-04-17",
        "call +49 30 901820",
        "12 EUROPEAN pallets",
        "eurozone 2000",
        "version 3.11",
        "19 % VAT",
        "room 9000",
        "three chairs and two tables",
        "2026年3月2日",
    ],
)
def test_numbers_without_a_currency_are_no_amounts(text: str) -> None:
    assert amounts(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("500 USD 450 EUR", [(500, "USD"), (450, "EUR")]),
        ("USD 500 EUR 450", [(500, "USD"), (450, "EUR")]),
        ("budget of 2026 EUR 300", [(300, "EUR")]),
        ("order 4500123456 USD 300", [(300, "USD")]),
        ("net EUR 1,000.00, VAT 19 % EUR 190.00", [(1000, "EUR"), (190, "EUR")]),
    ],
)
def test_each_number_has_its_own_sign(text: str, expected: list[tuple[int, str]]) -> None:
    assert amounts(text) == [(Decimal(amount), currency) for amount, currency in expected]


def test_a_price_per_unit_of_measure_has_three_decimals() -> None:
    assert amounts("diesel at 1.659 EUR per litre") == [(Decimal("1.659"), "EUR")]


@pytest.mark.parametrize(
    "text",
    [
        "saves 9,500 USD a year",
        "was $1,199",
        "statt 499,00 €",
        "au lieu de 3 400 €",
        "sum insured: £2,500,000",
        "年間で約 40 万円の節約",
        "原价 4999 元",
    ],
)
def test_what_is_saved_replaced_or_insured_is_set_aside(text: str) -> None:
    assert [mention.aside for mention in MoneyText(text).mentions] == [True]


@given(st.text() | st.text("0123456789.,' $€円万百 kmone", max_size=60))
def test_any_text_is_read(text: str) -> None:
    for mention in MoneyText(text).mentions:
        assert mention.amount >= 0
        assert mention.currencies
        assert mention.start < mention.end


@pytest.mark.parametrize(
    "words",
    ["1 USD ", "Two desks for 1280.50 EUR. ", "nine thousand dollars, ", "三千元，", "no amount at all "],
)
def test_a_long_text_is_read_in_many_small_steps(words: str) -> None:
    steps = 0

    def step_done() -> None:
        nonlocal steps
        steps += 1

    text = (words * 20_000)[:40_000]
    MoneyText(text, step_done)

    assert steps >= len(text) / 1_000
