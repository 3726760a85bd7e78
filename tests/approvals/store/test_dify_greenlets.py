# SPDX-License-Identifier: Apache-2.0
"""The store holds under gevent, which the plugin runs under, though storage lags and calls die in the middle."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("events", [3_000, pytest.param(20_000, marks=pytest.mark.slow)])
def test_sixty_four_greenlets_have_one_history_through_deaths_and_restarts(
    events: int, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.approvals.store.greenlets", str(tmp_path), str(events)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)

    assert report["faults"] == []
    assert report["orphans"] == []
    assert report["lost to search"] == []
    assert report["deaths"] > 0
    assert report["decisions"] > 30
    assert "version_conflict" in report["codes"], "nobody collided: the run proves nothing"
    assert "store_unavailable" not in report["codes"]
    assert "NamedLocks(0 in use)" in report["state"]
