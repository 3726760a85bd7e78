# SPDX-License-Identifier: Apache-2.0
"""What the checks across requests find in real purchases, and what they cost: `python -m bench checks [FILE]`.

The file has the columns date, amount_gbp and supplier. Two rows that agree in all three are the real repeats.
"""

import csv
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

from approvals.domain.checks import POSSIBLE_DUPLICATE
from approvals.domain.policy_reader import PolicyDocument, read_policy
from approvals.domain.records import ApprovalRecord, ApprovalRequest
from approvals.service.comparing import Comparing
from approvals.store.dify.store import DifyStore
from approvals.store.dify.workspace import WorkspaceState
from bench.samples import ROOT
from devkit.memory_storage import MemoryStorage

SAMPLE = ROOT / "examples" / "card-purchases.csv"


BUDGETS = """
budgets:
  - {name: Cards, period: month, amount: 50000}
  - {name: All purchases, request_type: [purchase], period: year, amount: 500000}
"""


class DayClock:
    """A clock that stands on the day of a purchase."""

    def __init__(self) -> None:
        self.today = datetime.fromtimestamp(0, UTC)

    def now(self) -> datetime:
        """The day."""
        return self.today

    def monotonic(self) -> float:
        """Seconds that have passed, of the days before as well."""
        return self.today.timestamp()

    def sleep(self, seconds: float) -> None:
        """Lets the time pass."""
        self.today += timedelta(seconds=seconds)


@dataclass(slots=True)
class Found:
    """The findings of one run: by code, and those of possible duplicates that are and are not real repeats."""

    requests: int = 0
    by_code: Counter[str] = field(default_factory=Counter)
    repeats: int = 0
    repeats_found: int = 0
    others_found: int = 0
    reads: list[int] = field(default_factory=list)
    writes: list[int] = field(default_factory=list)


def purchases(file: Path, requester: str) -> Sequence[ApprovalRequest]:
    """The rows as requests."""
    with file.open(encoding="utf-8", newline="") as text:
        rows = list(csv.DictReader(text))
    return [
        ApprovalRequest(
            request_id=f"row-{number}",
            content=f"Card purchase. Supplier: {row['supplier']}.",
            request_type="purchase",
            amount=Decimal(row["amount_gbp"]),
            currency="GBP",
            requester=requester,
            vendor=row["supplier"],
            document_date=datetime.fromisoformat(row["date"]).date(),
        )
        for number, row in enumerate(rows, 2)
    ]


def measure(requests: Sequence[ApprovalRequest], policy: PolicyDocument) -> Found:
    """Every request compared with those before it, each on the day of its document."""
    clock, storage, found = DayClock(), MemoryStorage(), Found()
    store = DifyStore(storage, WorkspaceState("b" * 32, clock), clock)
    comparing = Comparing(store, clock)
    seen: set[tuple[object, ...]] = set()
    for request in sorted(requests, key=lambda one: str(one.document_date)):
        came = clock.today = datetime.combine(request.document_date or date.min, time(9), UTC)
        record = ApprovalRecord(
            request=request, policy_digest=policy.digest, created_at=came, updated_at=came
        )
        store.create(record)
        before = storage.reads, storage.writes
        (compared,) = comparing.compare((record,), policy.policy)
        if compared is None:
            raise RuntimeError(f"{request.request_id} could not be compared")
        found.reads.append(storage.reads - before[0])
        found.writes.append(storage.writes - before[1])
        codes = [finding.code for finding in compared.findings]
        key = (request.vendor, request.amount, request.document_date)
        repeated, flagged = key in seen, POSSIBLE_DUPLICATE in codes
        seen.add(key)
        found.requests += 1
        found.by_code.update(codes)
        found.repeats += repeated
        found.repeats_found += repeated and flagged
        found.others_found += flagged and not repeated
    return found


def main() -> int:
    """Print the figures as a Markdown table."""
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLE
    rules, asked = (
        (ROOT / "policies" / "default.yaml").read_text(encoding="utf-8"),
        purchases(file, "cards@example.com"),
    )
    found, budgeted = measure(asked, read_policy(rules)), measure(asked, read_policy(rules + BUDGETS))
    rows = {
        "purchases": found.requests,
        "real repeats (same supplier, amount and date)": found.repeats,
        "of them found as `possible_duplicate`": found.repeats_found,
        "other `possible_duplicate` (same supplier, within 7 days and 1 %)": found.others_found,
        "`splitting`": found.by_code["splitting"],
        "storage reads for each request: mean, most": f"{_mean(found.reads)}, {max(found.reads)}",
        "storage writes for each request: mean, most": f"{_mean(found.writes)}, {max(found.writes)}",
        "the same with two budgets: reads": f"{_mean(budgeted.reads)}, {max(budgeted.reads)}",
        "the same with two budgets: writes": f"{_mean(budgeted.writes)}, {max(budgeted.writes)}",
    }
    print("| | |\n|---|---|")
    print("\n".join(f"| {name} | {value} |" for name, value in rows.items()))
    return 0


def _mean(counts: Sequence[int]) -> str:
    return f"{sum(counts) / len(counts):.2f}"


if __name__ == "__main__":
    sys.exit(main())
