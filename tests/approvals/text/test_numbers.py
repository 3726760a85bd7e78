# SPDX-License-Identifier: Apache-2.0
"""One reader for every number that is typed: what has one reading is read, what has two is refused with both."""

from decimal import Decimal
from typing import Any

import pytest
from babel import localedata
from babel.numbers import format_currency, format_decimal
from hypothesis import given
from hypothesis import strategies as st

from approvals.text.currencies import DECIMALS
from approvals.text.numbers import LONGEST, NumberError, read_amount, read_number

# Toki Pona writes digits in pairs throughout: 1 23 45 67.
LOCALES = sorted(name for name in localedata.locale_identifiers() if not name.startswith("tok"))
ZEROS = [chr(code) for code in range(0x110000) if chr(code).isdecimal() and int(chr(code)) == 0]
cents = st.decimals(0, 999_999_999, places=2, allow_nan=False)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1234.5", "1234.5"),
        ("1 234,50", "1234.50"),
        ("1\u00a0234,50", "1234.50"),
        ("1\u202f234,50", "1234.50"),
        ("1,234.50", "1234.50"),
        ("1.234,50", "1234.50"),
        ("1'234.50", "1234.50"),
        ("1’234.50", "1234.50"),
        ("1,23,456.00", "123456.00"),
        ("12,34,567", "1234567"),
        ("1.234.567", "1234567"),
        ("1234.567", "1234.567"),
        ("1,2345", "1.2345"),
        ("0.600", "0.600"),
        (".5", "0.5"),
        ("+5", "5"),
        ("500.-", "500"),
        ("500,–", "500"),
        ("3e2", "300"),
        ("1e-07", "0"),
        ("９，０００．５０", "9000.50"),
        ("٩٬٠٠٠٫٥٠", "9000.50"),
        ("९,०००.५०", "9000.50"),
        ("\u200f9000.50\u200e", "9000.50"),
        ("3.3000000000000003", "3.3"),
        ("0.30000000000000004", "0.3"),
    ],
)
def test_a_text_with_one_reading_is_read(text: str, number: str) -> None:
    assert read_amount(text) == (Decimal(number), "")
    assert read_number(text) == Decimal(number)


@pytest.mark.parametrize("text", ["1.234", "1,234", "9.000", "9,000", "123,456", "٩٫٠٠٠", "９．０００"])
def test_a_text_with_two_readings_is_refused_with_both(text: str) -> None:
    decimal = "".join(str(int(character)) if character.isdecimal() else "." for character in text)
    with pytest.raises(NumberError) as refused:
        read_amount(text, currency="USD")
    assert f"has two readings, {decimal} and {decimal.replace('.', '')};" in str(refused.value)


@pytest.mark.parametrize("text", ["1.234", "1,234"])
def test_the_currency_settles_what_its_decimals_can_settle(text: str) -> None:
    assert read_amount(text, currency="KWD").number == Decimal("1.234")
    assert read_amount(text, home="KWD").number == Decimal("1.234")
    assert read_amount(f"{text} KWD").number == Decimal("1.234")
    assert read_amount(text, currency="JPY").number == Decimal(1234)
    assert read_amount(f"円 {text}") == (Decimal(1234), "JPY")


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("-5", "negative"),
        ("−5", "negative"),
        ("5-", "negative"),
        ("(500)", "negative"),
        ("EUR -5", "negative"),
        (-5, "negative"),
        ("NaN", "finite"),
        ("-Infinity", "finite"),
        ("∞", "finite"),
        (float("nan"), "finite"),
        (float("inf"), "finite"),
        ("nine thousand", "in words"),
        ("九千", "in words"),
        ("½", "in words"),
        ("9k", "'k', which is not a currency"),
        ("9 grand", "'grand', which is not a currency"),
        ("12万", "'万', which is not a currency"),
        ("10²", "one number"),
        ("1_000", "one number"),
        ("0x10", "one number"),
        ("1/2", "one number"),
        ("5 EUR 6", "one number"),
        ("1 23", "separators"),
        ("1,2,3", "separators"),
        ("12.34.56", "separators"),
        ("1,234.567,8", "separators"),
        ("5+", "'\\+', which is not a currency"),
        ("(5", "'\\(', which is not a currency"),
        (True, "must be a number"),
        ([5], "must be a number"),
        (10**400, "larger"),
        ("1" * 61, "longer"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_is_no_amount_is_refused_with_what_to_do(value: object, why: str) -> None:
    with pytest.raises(NumberError, match=why):
        read_amount(value)


@pytest.mark.parametrize(
    ("text", "given", "amount"),
    [
        ("€ 9.000,00", {}, ("9000.00", "EUR")),
        ("9,000.00 €", {"currency": "EUR"}, ("9000.00", "EUR")),
        ("US$ 12", {}, ("12", "USD")),
        ("$12", {"home": "USD"}, ("12", "USD")),
        ("$12", {"currency": "CAD"}, ("12", "CAD")),
        ("Fr. 50.-", {"home": "CHF"}, ("50", "CHF")),
        ("￥500", {"home": "CNY"}, ("500", "CNY")),
        ("500元", {"currency": "CNY"}, ("500", "CNY")),
        ("12 abc", {"currency": "ABC"}, ("12", "ABC")),
        ("EUR 12 €", {}, ("12", "EUR")),
    ],
)
def test_a_currency_may_stand_beside_the_amount(
    text: str, given: dict[str, Any], amount: tuple[str, str]
) -> None:
    assert read_amount(text, **given) == (Decimal(amount[0]), amount[1])


@pytest.mark.parametrize(
    ("text", "given", "why"),
    [
        ("$12", {}, "USD, CAD, AUD"),
        ("$12", {"home": "EUR"}, "give currency"),
        ("€12", {"currency": "USD"}, "is in EUR, but the currency is USD"),
        ("EUR 12 $", {}, "but the currency is EUR"),
    ],
)
def test_currencies_that_do_not_agree_are_refused(text: str, given: dict[str, Any], why: str) -> None:
    with pytest.raises(NumberError, match=why):
        read_amount(text, **given)


@pytest.mark.parametrize("numbers", ["latn", "default"])
def test_every_locale_of_unicode_is_read(numbers: Any) -> None:
    for locale in LOCALES:
        for number in (Decimal("1234567.89"), Decimal("9000.25"), Decimal("0.5"), Decimal(1234567)):
            written = format_decimal(number, locale=locale, numbering_system=numbers)
            assert read_amount(written).number == number, (locale, written)


def test_every_locale_of_unicode_may_write_the_currency() -> None:
    for locale in LOCALES:
        for code in ("EUR", "USD", "JPY", "KWD", "INR", "CHF"):
            number = Decimal(1234567) if code == "JPY" else Decimal("1234567.25")
            written = format_currency(number, code, locale=locale, numbering_system="default")
            assert read_amount(written, home=code) == (number, code), (locale, written)


@given(cents, st.sampled_from(["en", "de", "fr", "de_CH", "hi", "ar_EG", "bn", "my", "pt_BR", "sv"]))
def test_with_two_decimals_no_amount_is_read_as_another(number: Decimal, locale: str) -> None:
    text = format_decimal(number, "#,##0.00", locale=locale, numbering_system="default")
    assert read_amount(text).number == number


@given(cents, st.sampled_from(ZEROS))
def test_the_digits_of_every_script_are_digits(number: Decimal, zero: str) -> None:
    text = "".join(chr(ord(zero) + int(sign)) if sign.isdigit() else sign for sign in str(number))
    assert read_amount(text).number == number


@given(st.integers(1, 999), st.integers(0, 999), st.sampled_from(".,"), st.sampled_from(sorted(DECIMALS)))
def test_a_group_of_three_is_refused_or_settled_by_the_currency(
    head: int, tail: int, separator: str, currency: str
) -> None:
    text = f"{head}{separator}{tail:03}"
    if DECIMALS[currency] in {0, 3}:
        expected = f"{head}{tail:03}" if DECIMALS[currency] == 0 else f"{head}.{tail:03}"
        assert read_amount(text, currency=currency).number == Decimal(expected)
    else:
        with pytest.raises(NumberError, match="two readings"):
            read_amount(text, currency=currency)


@given(st.floats(0, 1e12))
def test_a_float_is_read_to_six_decimals(number: float) -> None:
    assert abs(read_number(number) - Decimal(number)) <= Decimal("0.0001")
    assert read_number(str(number)) == read_number(number)


@given(st.text(max_size=LONGEST) | st.text("0123456789.,' -+()€$eE", max_size=LONGEST))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        number = read_amount(text, home="USD").number
    except NumberError:
        return
    assert number >= 0
