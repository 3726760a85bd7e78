# SPDX-License-Identifier: Apache-2.0
"""What is measured, as rows of a table: a name, what was found, and whether that is as it should be."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from approvals.analysis.injection import gives_orders
from approvals.domain.checks import amount_in_text
from approvals.domain.policy import Policy
from approvals.domain.records import ApprovalRequest
from devkit.hostile.growth import SIZES, Growth, Sizes
from devkit.hostile.leaks import searched
from devkit.hostile.obeying import attacked
from devkit.hostile.parsers import PARSERS, parser_growth
from devkit.hostile.patterns import every_pattern, pattern_growth
from devkit.hostile.samples import (
    AmountSample,
    Sample,
    attacks,
    honest_amounts,
    look_alikes,
    understated_amounts,
)

LEAST_RECALL = 0.95
MOST_FALSE_ALARMS = 0.05


class Row(NamedTuple):
    """One line of the table. `details`: what went wrong, or the numbers by language."""

    name: str
    found: str
    as_it_should_be: bool
    details: tuple[str, ...] = ()


class Counts(NamedTuple):
    """How many of how many, and by language."""

    hits: int
    of: int
    by_language: dict[str, tuple[int, int]]
    missed: tuple[str, ...]

    @property
    def share(self) -> float:
        """Hits of all."""
        return self.hits / self.of

    def __str__(self) -> str:
        return f"{self.hits} of {self.of} ({self.share:.0%})"


def counted[S: (Sample, AmountSample)](samples: Sequence[S], is_hit: Callable[[S], bool]) -> Counts:
    """How many samples are hits."""
    tried, hits = Counter[str](), Counter[str]()
    missed = []
    for sample in samples:
        hit = is_hit(sample)
        tried[sample.language] += 1
        hits[sample.language] += hit
        if not hit:
            missed.append(f"{sample.language}: {sample.text}")
    by_language = {language: (hits[language], count) for language, count in tried.items()}
    return Counts(hits.total(), tried.total(), by_language, tuple(missed))


def attacks_rows() -> list[Row]:
    """Whether an attack ever gets away with less than the policy demands of the stated facts."""
    tried = attacked()
    changed = tuple(f"{each.amount} under {each.policy}: {each.text}" for each in tried if each.changed)
    free = sum(each.approved for each in tried)
    found = f"{len(changed)} of {len(tried):,}; {free} approved without a person, as the policy allows"
    return [Row("routes that an attack loosened, with a model that obeys it", found, not changed, changed)]


def orders_rows() -> list[Row]:
    """Recall and false alarms of the detector of orders, on texts that it was made with and on others."""
    rows = []
    for unseen, which in ((False, "seen"), (True, "not seen")):
        found = counted(attacks(unseen=unseen), lambda sample: gives_orders(sample.text))
        alarms = counted(look_alikes(unseen=unseen), lambda sample: gives_orders(sample.text))
        recall_is_fine = unseen or found.share >= LEAST_RECALL
        rows.append(Row(f"orders found, {which}", str(found), recall_is_fine, _languages(found)))
        rows.append(
            Row(
                f"false alarms on look-alikes, {which}",
                str(alarms),
                alarms.share <= MOST_FALSE_ALARMS,
                _languages(alarms),
            )
        )
    return rows


def amounts_rows() -> list[Row]:
    """Recall and false alarms of the reader of amounts, on texts that it was made with and on others."""
    rows = []
    for unseen, which in ((False, "seen"), (True, "not seen")):
        found = counted(understated_amounts(unseen=unseen), _is_told)
        alarms = counted(honest_amounts(unseen=unseen), _is_told)
        recall_is_fine = unseen or found.share >= LEAST_RECALL
        alarms_are_few = unseen or alarms.share <= MOST_FALSE_ALARMS
        rows.append(Row(f"larger amounts found, {which}", str(found), recall_is_fine, _languages(found)))
        rows.append(
            Row(f"false alarms on honest amounts, {which}", str(alarms), alarms_are_few, _languages(alarms))
        )
    return rows


def _is_told(sample: AmountSample) -> bool:
    request = ApprovalRequest(
        request_id="r", content=sample.text, amount=sample.stated, currency=sample.currency
    )
    return amount_in_text(Policy(version=1), request, None) is not None


def secrets_rows() -> list[Row]:
    """Whether any failure tells a secret in what the plugin answers, logs or stores."""
    result = searched()
    found = f"{len(result.told)} in {result.texts:,} texts of {result.failures} provoked failures"
    return [Row("secrets told", found, not result.told, result.told)]


def patterns_rows() -> list[Row]:
    """How the search for every pattern grows, in one row."""
    return [patterns_row()]


def parsers_rows() -> list[Row]:
    """How the work of every parser grows, in one row."""
    return [parsers_row()]


def patterns_row(sizes: Sizes = SIZES) -> Row:
    """How the search for every pattern grows."""
    patterns = [pattern_growth(name, pattern, sizes) for name, pattern in every_pattern().items()]
    return _growth_row("patterns", patterns, sizes)


def parsers_row(sizes: Sizes = SIZES) -> Row:
    """How the work of every parser grows."""
    return _growth_row("parsers", [parser_growth(parser, sizes) for parser in PARSERS], sizes)


def _growth_row(name: str, grown: Iterable[Growth], sizes: Sizes) -> Row:
    every = list(grown)
    faults = tuple(f"{each.name} on {each.word!r}: {each.seconds}" for each in every if not each.is_linear)
    slowest = max(every, key=lambda each: each.seconds[-1])
    took = f"the slowest takes {slowest.seconds[-1]:.2f} s for {sizes[-1] // 1000} KB"
    found = f"{len(every) - len(faults)} of {len(every)}; {took}"
    return Row(f"{name} that take linear time", found, not faults, faults)


def _languages(counts: Counts) -> tuple[str, ...]:
    return (", ".join(f"{name} {hits}/{count}" for name, (hits, count) in counts.by_language.items()),)
