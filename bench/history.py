# SPDX-License-Identifier: Apache-2.0
"""The full-size history: `python -m bench.history --store postgres|mariadb|sqlite`.

Worker processes decide at random on the same requests and are killed without warning; then everything that they
were told is checked against what the store holds. Prints a table and JSON; ends with 1 when there is a fault.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devkit import servers
from devkit.history.run import Report, Size, run


@contextmanager
def database(store: str, folder: Path) -> Iterator[str]:
    """The URL of a fresh database, as safe as its kind is out of the box."""
    if store == "sqlite":
        yield f"sqlite:///{folder / 'approvals.db'}"
        return
    with (servers.postgresql if store == "postgres" else servers.mariadb)() as server:
        yield server.url


def main() -> int:
    """Run, print, and say whether the history is sound."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--store", choices=["postgres", "mariadb", "sqlite"], default="postgres")
    for name, default in (("requests", 200), ("events", 20_000), ("processes", 8), ("greenlets", 4)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--kills", type=int, default=16)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    size = Size(asked.requests, asked.events, asked.processes, asked.greenlets, asked.kills, asked.seed)
    with tempfile.TemporaryDirectory() as name:
        journals = Path(name) / "journals"
        journals.mkdir()
        with database(asked.store, Path(name)) as url:
            report = run(url, size, journals)
    show(asked.store, size, report)
    return 1 if report.faults else 0


def show(store: str, size: Size, report: Report) -> None:
    """The figures as a Markdown table and as JSON; the first faults, if any."""
    figures = {
        "store": store,
        "workers": f"{size.processes} processes x {size.greenlets} greenlets",
        "requests": size.requests,
        "events": len(report.operations),
        "decisions": report.decisions,
        "killed processes": report.kills,
        "unanswered events": sum(1 for one in report.operations if one.answered_at is None),
        "seconds": round(report.seconds, 1),
        "events per second": round(len(report.operations) / report.seconds),
        "faults": len(report.faults),
    }
    print("| | |\n|---|---|")
    print("\n".join(f"| {name} | {value} |" for name, value in figures.items()))
    print(json.dumps({**figures, "outcomes": report.counts}))
    for fault in report.faults[:20]:
        print(fault, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
