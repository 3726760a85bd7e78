# SPDX-License-Identifier: Apache-2.0
import json
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.errors import ApprovalError, ErrorCode
from approvals.llm import ModelPrice, Prices, TokenUsage, parse_prices

USAGE = TokenUsage(1_000, 100)


@pytest.mark.parametrize(
    ("model", "usd"),
    [
        ("deepseek-v3.2", "0.000168"),
        ("gemini-2.5-flash", "0.000475"),
        ("gpt-4.1", "0.0035"),
        ("claude-sonnet-4.5", "0.0045"),
    ],
)
def test_the_list_prices_input_and_output_apart(model: str, usd: str) -> None:
    assert Prices().cost(model, USAGE, None) == Decimal(usd)


def test_the_reply_goes_before_the_credential_which_goes_before_the_list() -> None:
    prices = Prices(
        {"gpt-4.1": ModelPrice(Decimal(1), Decimal(2)), "own": ModelPrice(Decimal(0), Decimal(0))}
    )

    assert prices.cost("gpt-4.1", USAGE, Decimal("0.5")) == Decimal("0.5")
    assert prices.cost("gpt-4.1", USAGE, Decimal(0)) == 0
    assert prices.cost("gpt-4.1", USAGE, None) == Decimal("0.0012")
    assert prices.cost("deepseek-v3.2", USAGE, None) == Decimal("0.000168")
    assert prices.cost("own", USAGE, None) == 0


def test_the_public_catalogue_knows_more_models() -> None:
    assert Prices().cost("gpt-4o", USAGE, None) == Decimal("0.0035")


@pytest.mark.parametrize("model", ["no-such-model", "", "x/y/z", "\ud800", "a" * 10_000])
def test_a_model_that_nobody_knows_has_an_unknown_price(model: str) -> None:
    assert Prices().cost(model, USAGE, None) is None


def test_the_catalogue_is_loaded_only_when_needed_and_fetches_nothing() -> None:
    script = """
import sys, threading
from approvals.llm import Prices, TokenUsage
prices = Prices()
prices.cost("gpt-4.1", TokenUsage(1, 1), None)
assert "genai_prices" not in sys.modules
prices.cost("gpt-4o", TokenUsage(1, 1), None)
assert "genai_prices" in sys.modules
assert threading.active_count() == 1
"""
    subprocess.run([sys.executable, "-c", script], check=True)


money = st.decimals(0, 1_000, places=6)
tokens = st.integers(0, 1_000_000)


@given(money, money, tokens, tokens)
def test_costs_are_exact(given: Decimal, written: Decimal, prompt: int, reply: int) -> None:
    cost = ModelPrice(given, written).cost(TokenUsage(prompt, reply))

    assert Fraction(cost) == (Fraction(given) * prompt + Fraction(written) * reply) / 1_000_000


def test_prices_are_read_to_the_last_digit() -> None:
    text = '{"my-model": {"input": 0.1, "output": 3}, "ümlaut": {"input": 0, "output": 1e-3}}'

    assert parse_prices(text) == {
        "my-model": ModelPrice(Decimal("0.1"), Decimal(3)),
        "ümlaut": ModelPrice(Decimal(0), Decimal("0.001")),
    }
    assert parse_prices("  ") == {}
    assert parse_prices("{}") == {}


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("{", "prices is no JSON"),
        ('{"m": {"input": 1e9999999999999999999, "output": 1}}', "prices is no JSON"),
        ("[1]", "prices is [1]"),
        ('{"m": 1}', "prices.m is 1"),
        ('{"m": {"input": 1}}', "prices.m is {'input': 1}"),
        ('{"m": {"input": 1, "output": 1, "cached": 1}}', "prices.m is"),
        ('{"m": {"input": -0.5, "output": 1}}', "prices.m.input is -0.5"),
        ('{"m": {"input": 1, "output": "1"}}', "prices.m.output is '1'"),
        ('{"m": {"input": true, "output": 1}}', "prices.m.input is True"),
        ('{"m": {"input": NaN, "output": 1}}', "prices.m.input is nan"),
        ('{"m": {"input": 1, "output": 1e99}}', "prices.m.output is 1E+99"),
    ],
)
def test_a_bad_price_is_refused_by_its_path(text: str, path: str) -> None:
    with pytest.raises(ApprovalError) as caught:
        parse_prices(text)
    assert caught.value.code is ErrorCode.BAD_PARAMETER
    assert path in caught.value.message
    assert "Example:" in caught.value.message


@given(st.dictionaries(st.text(), st.fixed_dictionaries({"input": money, "output": money})))
def test_what_is_written_as_json_is_read_back(document: dict[str, dict[str, Decimal]]) -> None:
    text = json.dumps(document, default=float)

    assert {
        name: (float(price.input), float(price.output)) for name, price in parse_prices(text).items()
    } == {name: (float(price["input"]), float(price["output"])) for name, price in document.items()}
