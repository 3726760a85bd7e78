# SPDX-License-Identifier: Apache-2.0
"""The store holds under gevent, which the plugin runs under, though storage lags and calls die in the middle.

`python -m bench records` plays 20,000 events in the same way.
"""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_sixty_four_greenlets_have_one_history_through_deaths_and_restarts(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.approvals.store.greenlets", str(tmp_path), "3000"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)

    assert report["faults"] == []
    assert report["orphans"] == []
    assert report["lost to search"] == []
    assert report["deaths"] > 0
    assert report["decisions"] > 30
    assert "version_conflict" in report["codes"], "nobody collided: the run proves nothing"
    assert "store_unavailable" not in report["codes"]
    assert "NamedLocks(0 in use)" in report["state"]
