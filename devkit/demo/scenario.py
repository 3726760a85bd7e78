# SPDX-License-Identifier: Apache-2.0
"""What the demo plays: real purchases, and what people do with each."""

import csv
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

EXAMPLES = Path(__file__).parents[2] / "examples"


class ModelIs(StrEnum):
    """Whether the model can be reached."""

    UP = "up"
    DOWN = "down"


class Answer(BaseModel):
    """What one person does at a form. `reply` is the requester's answer, where it is a question."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    approver: str
    action: str
    comment: str
    reply: str = ""


class Case(BaseModel):
    """One purchase, who asks for it, and the decisions that are played; none left means nobody answers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bought_on: date
    amount: Decimal
    supplier: str
    requester: str
    content: str
    model: ModelIs = ModelIs.UP
    decisions: tuple[Answer, ...] = ()

    @property
    def form(self) -> dict[str, Any]:
        """The fields of the workflow's start form."""
        return {
            "requester": self.requester,
            "request_type": "purchase",
            "amount": float(self.amount),
            "currency": "GBP",
            "content": f"{self.content} Supplier: {self.supplier}. Bought on {self.bought_on.isoformat()}.",
        }


def read_cases(folder: Path = EXAMPLES) -> Sequence[Case]:
    """The cases in `purchases.csv` and `demo.yaml`, paired by their order."""
    with (folder / "purchases.csv").open(encoding="utf-8", newline="") as file:
        purchases = list(csv.DictReader(file))
    plays = yaml.safe_load((folder / "demo.yaml").read_text(encoding="utf-8"))
    return [
        Case(
            bought_on=purchase["date"],
            amount=purchase["amount_gbp"],
            supplier=purchase["supplier"],
            **play,
        )
        for purchase, play in zip(purchases, plays, strict=True)
    ]
