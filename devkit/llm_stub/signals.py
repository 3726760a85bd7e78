# SPDX-License-Identifier: Apache-2.0
"""What the analyst knows: words that give it pause, and how much money is how much. Data only."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from approvals.domain.terms import Level, Risk


@dataclass(frozen=True, slots=True)
class Signal:
    """Phrases, in lower case, of which each is a reason for `risk`; `claim` says why, in a few words."""

    risk: Risk
    claim: str
    phrases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AmountBand:
    """Amounts up to and including `to`, as a number whatever the currency; None is without end."""

    to: Decimal | None
    risk: Risk
    level: Level
    claim: str


# In the order in which they are reported; the worst come first.
SIGNALS: Final = (
    Signal(
        Risk.HIGH,
        "Tells the reviewer what to decide",
        ("ignore previous", "ignore all", "ignore the", "pre-approved", "already approved", "auto-approve",
         "auto_approve", "risk_level", "system prompt", "no review"),
    ),
    Signal(
        Risk.HIGH,
        "Legal exposure",
        ("lawsuit", "litigation", "settlement", "legal claim", "legal dispute", "subpoena"),
    ),
    Signal(
        Risk.HIGH,
        "Touches sensitive data",
        ("production data", "production database", "customer data", "personal data", "patient data",
         "payroll data"),
    ),
    Signal(
        Risk.HIGH,
        "Grants wide powers",
        ("admin access", "administrator access", "root access", "full access", "superuser", "admin rights"),
    ),
    Signal(
        Risk.HIGH,
        "No proof of purchase",
        ("no invoice", "without invoice", "without an invoice", "no receipt", "missing invoice",
         "lost receipt"),
    ),
    Signal(
        Risk.HIGH,
        "Money would be hard to trace",
        ("private payment account", "private account", "personal account", "new bank details",
         "changed bank details", "offshore", "bitcoin", "cryptocurrency", "gift card", "gift cards"),
    ),
    Signal(Risk.MEDIUM, "Paid in cash", ("cash",)),
    Signal(Risk.MEDIUM, "A favour to someone", ("gift", "gifts", "hospitality", "entertainment")),
    Signal(Risk.MEDIUM, "May be for personal use", ("personal", "personal use", "private use", "for myself")),
    Signal(Risk.MEDIUM, "Goes abroad", ("overseas", "abroad", "foreign supplier")),
    Signal(
        Risk.MEDIUM,
        "Pressed for time",
        ("urgent", "urgently", "emergency", "asap", "immediately", "right away", "by tonight"),
    ),
    Signal(
        Risk.MEDIUM,
        "Supplier is not known",
        ("new supplier", "unknown supplier", "unnamed supplier", "new vendor", "unknown vendor",
         "not a listed supplier", "first order"),
    ),
    Signal(Risk.MEDIUM, "Cannot be undone", ("irreversible", "cannot be undone", "non-refundable")),
    Signal(
        Risk.MEDIUM,
        "Purpose is vague",
        ("misc", "miscellaneous", "sundry", "sundries", "various items", "stuff", "to be confirmed"),
    ),
)  # fmt: skip

AMOUNT_BANDS: Final = (
    AmountBand(Decimal(1_000), Risk.LOW, Level.MANAGER, "Small amount"),
    AmountBand(Decimal(5_000), Risk.MEDIUM, Level.MANAGER, "More than a small amount"),
    AmountBand(Decimal(50_000), Risk.MEDIUM, Level.DIRECTOR, "Sizeable amount"),
    AmountBand(Decimal(250_000), Risk.HIGH, Level.VP, "Large amount"),
    AmountBand(None, Risk.HIGH, Level.EXECUTIVE, "Very large amount"),
)

NO_AMOUNT: Final = AmountBand(None, Risk.MEDIUM, Level.MANAGER, "No usable amount is given")

SUPPLIER_KEYS: Final = ("supplier", "vendor", "payee", "merchant")
"""Where the context of a request names who gets the money."""

UNKNOWN_SUPPLIERS: Final = frozenset({"unknown", "n/a", "none", "tbd", "various", "new supplier", "cash"})

INTERMEDIARIES: Final = ("paypal", "sumup", "izettle", "zettle", "stripe", "sq *", "western union")
"""Payment services: with one of these in front, the statement does not say who the supplier is."""
