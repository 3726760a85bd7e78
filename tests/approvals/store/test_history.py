# SPDX-License-Identifier: Apache-2.0
"""Many workers decide at once, are killed and lose their server; what they were told is what the store holds.

`python -m bench records` plays 20,000 events in the same way.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from approvals.errors import ErrorCode
from devkit.history.journal import Outcome
from devkit.history.run import Size, run
from tests.approvals.store import sql_case
from tests.servers import Kind, own_server, shared_url

SHORT = Size(requests=25, events=1_500, processes=3, greenlets=6, kills=2)
THROUGH_A_CRASH = Size(requests=30, events=2_000, processes=2, greenlets=8, kills=0)
DOWN_SECONDS = 0.4


@pytest.fixture(params=["postgresql", "mariadb", "sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database that processes can share."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'approvals.db'}"
        return
    server = shared_url(Kind.POSTGRES if request.param == "postgresql" else Kind.MARIADB)
    sql_case.empty(server)
    yield server
    sql_case.empty(server)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the workers' journals go."""
    (tmp_path / "journals").mkdir()
    return tmp_path / "journals"


def test_no_decision_is_lost_or_doubled_while_workers_are_killed(url: str, folder: Path) -> None:
    report = run(url, SHORT, folder)

    assert report.faults == []
    assert report.kills == SHORT.kills
    assert report.decisions >= SHORT.requests
    assert report.counts["version_conflict"] > 0, "nobody collided: the run proves nothing"
    assert report.counts["not_authorized"] > 0
    assert len(report.operations) >= SHORT.events


@pytest.mark.parametrize("kind", [Kind.POSTGRES, Kind.MARIADB])
def test_a_crash_of_the_server_loses_nothing_that_was_acknowledged(kind: Kind, folder: Path) -> None:
    moments: list[int] = []
    with own_server(kind) as server:

        def crash_once(done: float) -> None:
            if done > 0.2 and not moments:
                moments.append(time.monotonic_ns())
                server.crash()
                time.sleep(DOWN_SECONDS)
                server.start()
                moments.append(time.monotonic_ns())

        report = run(server.url, THROUGH_A_CRASH, folder, crash_once)

    crashed, back = moments
    told = [operation for operation in report.operations if operation.answered_at]
    during = {one.code for one in told if crashed < one.invoked_at < crashed + DOWN_SECONDS * 1e9 / 2}
    after = [one for one in told if one.invoked_at > back + 2e8]
    assert report.faults == []
    assert ErrorCode.STORE_UNAVAILABLE in during
    assert {one.outcome for one in after} >= {Outcome.OK}
    assert ErrorCode.STORE_UNAVAILABLE not in {one.code for one in after}
