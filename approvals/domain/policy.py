# SPDX-License-Identifier: Apache-2.0
"""The policy: a written table of who must sign what. Models only; reading is in `policy_reader.py`."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Self

from pydantic import Field, model_validator

from approvals.domain.deputies import DEPUTIES_LIMIT, Deputy, deputy_of, principals
from approvals.domain.people import PEOPLE_LIMIT, Directory, Person
from approvals.domain.policy_budgets import BUDGETS_LIMIT, Budget, FiscalYear
from approvals.domain.policy_checks import Bound, Checks
from approvals.domain.policy_conditions import Condition, Scope
from approvals.domain.policy_types import (
    Clause,
    Currency,
    Hours,
    Money,
    Part,
    PlacedError,
    Rate,
    RemindAt,
    Stage,
    Stages,
    Strict,
    Title,
    signatures_of,
)
from approvals.domain.terms import Level, OnTimeout, Risk
from approvals.errors import shown
from approvals.text.personal import PersonalData


class Outcome(Part):
    """What a rule decides: approval at once, or the stages that must sign within a deadline each."""

    auto_approve: Strict = Field(False, description="Approve without a person, if nothing warns.")
    stages: Stages = Field(
        (), description="The levels that must sign, in rising order: a level, or {level: vp, signatures: 2}."
    )
    deadline_hours: Hours = Field(Decimal(24), description="Hours that each stage has.")

    @model_validator(mode="after")
    def _decides_one_thing(self) -> Self:
        if self.auto_approve and self.stages:
            raise ValueError("'auto_approve: true' and 'stages' exclude each other; remove one")
        if not self.auto_approve and not self.stages:
            raise ValueError("give 'stages' (at least one level) or 'auto_approve: true'")
        return self

    @property
    def signatures(self) -> tuple[Level, ...]:
        """A level for each signature, in rising order."""
        return signatures_of(self.stages)


class ReviewOutcome(Outcome):
    """The outcome when no rule matches: always people."""

    @model_validator(mode="after")
    def _people_decide(self) -> Self:
        if self.auto_approve:
            raise ValueError("the default cannot auto-approve; name 'stages'")
        return self


class Rule(Part):
    """One line of the table."""

    name: Annotated[str, Field(min_length=1, max_length=100)] = Field(description="Appears in every record.")
    when: Condition = Field(default_factory=lambda: Condition.model_validate({}))
    then: Outcome
    text: Clause | None = Field(
        None, description="The clause that the rule stands for, as approvers read it."
    )


class SecondOpinion(Part):
    """Which requests the stronger model reads too."""

    amount_from: Money | None = Field(None, description="From this amount on, in the policy's currency.")
    when_risk: tuple[Risk, ...] = Field((), description="When the first model found one of these risks.")


class Policy(Part):
    """The whole policy. First matching rule wins."""

    version: Annotated[int, Field(ge=1, le=1, strict=True)] = Field(description="The format's version: 1.")
    currency: Currency = Field("USD", description="The currency of every bound.")
    exchange_rates: Mapping[Currency, Rate] = Field(
        default_factory=dict, description="What one unit of another currency is worth in the policy's."
    )
    on_timeout: OnTimeout = Field(OnTimeout.ESCALATE, description="What a missed deadline does.")
    remind_at: RemindAt = Field(
        (), description="When whoever must act is reminded, as parts of the deadline: [0.5, 0.9]."
    )
    separation_of_duties: Strict = Field(True, description="The requester never decides.")
    distinct_approvers: Strict = Field(True, description="Nobody signs two stages of one request.")
    min_confidence: Annotated[float, Field(ge=0, le=1, strict=True)] = Field(
        0.6, description="Below this confidence nothing is approved without a person."
    )
    second_opinion: SecondOpinion | None = Field(None, description="When the stronger model reads too.")
    checks: Checks = Field(
        default_factory=lambda: Checks.model_validate({}), description="Which checks are made."
    )
    budgets: Annotated[tuple[Budget, ...], Field(max_length=BUDGETS_LIMIT)] = Field(
        (), description="What may be spent in each period, by cost center, department or the like."
    )
    fiscal_year: FiscalYear = Field(
        default_factory=lambda: FiscalYear.model_validate({}),
        description="When the periods of budgets begin.",
    )
    redact: tuple[PersonalData, ...] = Field(
        (), description="What the model does not see. It is put back into what it writes."
    )
    titles: Mapping[Level, Title] = Field(
        default_factory=dict, description="What your company calls a level, such as {vp: CFO}."
    )
    people: Annotated[tuple[Person, ...], Field(max_length=PEOPLE_LIMIT)] = Field(
        (), description="Who may sign. Without it, names and levels are taken as they are typed."
    )
    deputies: Annotated[tuple[Deputy, ...], Field(max_length=DEPUTIES_LIMIT)] = Field(
        (), description="Who acts for people while they are away."
    )
    retention_days: Annotated[int, Field(ge=1, le=36_500, strict=True)] | None = Field(
        None,
        description="How many days a decided request is kept before sweep_deadlines removes it. Without it, for good.",
    )
    rules: Annotated[tuple[Rule, ...], Field(max_length=500)] = Field(())
    default: ReviewOutcome = Field(
        default_factory=lambda: ReviewOutcome(
            stages=(Stage(level=Level.MANAGER), Stage(level=Level.DIRECTOR))
        ),
        description="What happens when no rule matches.",
    )

    @cached_property
    def directory(self) -> Directory:
        """Finds the policy's people by what was typed. Raises `ValueError` where a name stands for two of them."""
        return Directory(self.people)

    @cached_property
    def context_keys(self) -> frozenset[str]:
        """The keys of a request's context that rules and budgets test, as a reader sees them."""
        return frozenset().union(*(scope.context_keys for scope in self.scopes))

    @property
    def scopes(self) -> Sequence[Scope]:
        """All tests of what is said in words: those of the rules, and those of the budgets."""
        return [*(rule.when for rule in self.rules), *self.budgets]

    @cached_property
    def bounds(self) -> Sequence[Bound]:
        """The amounts at which a rule begins or ends, in the policy's currency, each once, the lowest first."""
        tested = [rule.when.amount for rule in self.rules if rule.when.amount is not None]
        below = {Bound(each, below=True) for one in tested for each in (one.from_, one.below) if each}
        up_to = {Bound(each, below=False) for one in tested for each in (one.above, one.to) if each}
        return sorted(below | up_to)

    def principals(self, actor: str, at: datetime) -> Sequence[Person]:
        """The people for whom `actor` acts as a deputy at that moment."""
        return principals(self.deputies, self.directory, actor, at.astimezone(UTC).date())

    def deputy_of(self, person: Person, at: datetime) -> Deputy | None:
        """Who acts for a person at that moment."""
        return deputy_of(self.deputies, self.directory, person, at.astimezone(UTC).date())

    @model_validator(mode="after")
    def _names_stand_for_one_person(self) -> Self:
        _ = self.directory
        return self

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        seen: set[str] = set()
        for position, rule in enumerate(self.rules):
            if rule.name in seen:
                raise PlacedError(
                    f"rule names must be unique; repeated: {shown(rule.name)[1:-1]}; records tell rules by them",
                    ("rules", position, "name"),
                )
            seen.add(rule.name)
        return self

    @model_validator(mode="after")
    def _budgets_are_told_apart(self) -> Self:
        seen: set[tuple[str, str]] = set()
        for position, budget in enumerate(self.budgets):
            known = (budget.title, budget.period)
            if known in seen:
                raise PlacedError(
                    f"there is another budget for {shown(budget.title)} by the {budget.period}; keep one, or give "
                    "each a name of its own",
                    ("budgets", position),
                )
            seen.add(known)
        if not self.budgets and self.checks.budget and "budget" in self.checks.model_fields_set:
            raise PlacedError(
                "there is no budget to check; add 'budgets', such as "
                "[{name: IT, cost_center: [4711], period: year, amount: 50000}]",
                ("checks", "budget"),
            )
        return self

    @model_validator(mode="after")
    def _has_no_rate_for_itself(self) -> Self:
        if self.currency in self.exchange_rates:
            raise PlacedError(
                f"'exchange_rates' must not list the policy's own currency {self.currency}",
                ("exchange_rates", self.currency),
            )
        return self

    def in_own_currency(self, amount: Decimal | None, currency: str) -> Decimal | None:
        """`amount` in the policy's currency; None when it is missing or has no rate.

        An empty `currency` means the policy's own.
        """
        if amount is None:
            return None
        if currency in {"", self.currency}:
            return amount
        rate = self.exchange_rates.get(currency)
        return None if rate is None else amount * rate

    def wants_second_opinion(self, amount: Decimal | None, risk: Risk) -> bool:
        """True when the policy asks the stronger model too. `amount` is in the policy's currency."""
        asked = self.second_opinion
        if asked is None:
            return False
        by_amount = asked.amount_from is not None and amount is not None and amount >= asked.amount_from
        return by_amount or risk in asked.when_risk
