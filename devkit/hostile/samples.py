# SPDX-License-Identifier: Apache-2.0
"""The written texts: attacks and look-alikes, honest and understated amounts. Those that were seen, and those not."""

from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from approvals.text.numbers import read_amount

_DATA = Path(__file__).with_name("data")


class Sample(NamedTuple):
    """A text and its language; `hidden` for disguised ones, `copied` for what was pasted from elsewhere."""

    language: str
    text: str


class AmountSample(NamedTuple):
    """A request's text with what is stated. `named` is the larger amount in the text; None for an honest one."""

    language: str
    stated: Decimal
    currency: str
    named: Decimal | None
    text: str


def attacks(*, unseen: bool = False) -> list[Sample]:
    """Texts that give orders to the machine that reads them."""
    return [Sample(*row) for row in _rows("attacks", unseen=unseen)]


def look_alikes(*, unseen: bool = False) -> list[Sample]:
    """Honest texts that speak of orders, approvals and models."""
    return [Sample(*row) for row in _rows("look_alikes", unseen=unseen)]


def honest_amounts(*, unseen: bool = False) -> list[AmountSample]:
    """Requests whose stated amount is right."""
    rows = _rows("amounts_honest", unseen=unseen)
    return [
        AmountSample(language, read_amount(stated).number, currency, None, text)
        for language, stated, currency, text in rows
    ]


def understated_amounts(*, unseen: bool = False) -> list[AmountSample]:
    """Requests whose text names more than the stated amount."""
    rows = _rows("amounts_understated", unseen=unseen)
    return [
        AmountSample(language, read_amount(stated).number, currency, Decimal(named), text)
        for language, stated, currency, named, _, text in rows
    ]


@cache
def _rows(name: str, *, unseen: bool) -> list[Any]:
    path = _DATA / f"{name}{'_unseen' if unseen else ''}.yaml"
    rows: list[Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return rows
