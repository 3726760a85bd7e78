# SPDX-License-Identifier: Apache-2.0
"""The same under gevent, patched as the Dify SDK patches it. In processes of their own: a patch cannot be undone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FILES = (
    "test_faults.py",
    "test_exchange.py",
    "test_network.py",
    "test_client.py",
    "transport",
)


def under_gevent(script: str, *arguments: str) -> str:
    """Run `script` after the SDK has patched the process; what it prints. Fails with what it says on failing."""
    finished = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", f"import dify_plugin\n{script}", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout[-4_000:] + finished.stderr[-4_000:]
    return finished.stdout


def test_every_fault_has_the_same_outcome() -> None:
    files = [f"tests/approvals/llm/{name}" for name in FILES]
    script = """
import sys, gevent.monkey, pytest
assert gevent.monkey.is_module_patched("socket")
sys.exit(pytest.main(["-q", "-x", "-p", "no:cacheprovider", "-W", "default", *sys.argv[1:]]))
"""
    assert " passed" in under_gevent(script, *files)


PREPARE = """
import gevent
from gevent.pool import Pool
from tests.approvals.llm.callers import asked, client_of, question
from tests.approvals.llm.endpoints import ScriptedEndpoint, completion, answer, good, silent
"""


def test_200_greenlets_over_16_lanes_each_get_their_own_answer() -> None:
    script = f"""{PREPARE}
class Echoing(ScriptedEndpoint):
    def _converse(self, conversation):
        while request := conversation.next_request():
            conversation.pause(0.01)
            good(request.body["messages"][1]["content"])(conversation)

with Echoing() as endpoint:
    client = client_of(endpoint.base_url, lanes=16)
    def ask(number):
        return asked(client, 30, question(text=f"question {{number}}")).text
    texts = Pool(200).map(ask, range(1000))
    assert texts == [f"question {{number}}" for number in range(1000)]
    assert endpoint.connections == 16, endpoint.connections
    client.transport.close()
    print("ok")
"""
    assert under_gevent(script) == "ok\n"


@pytest.mark.parametrize("moment", ["0.05", "0"])
def test_greenlets_that_are_killed_leave_every_lane_usable(moment: str) -> None:
    """A connection pool is poisoned by this: its places stay taken by calls that no longer exist."""
    script = f"""{PREPARE}
with ScriptedEndpoint(*[silent()] * 40) as endpoint:
    client = client_of(endpoint.base_url, lanes=5)
    callers = [gevent.spawn(asked, client, 30) for _ in range(40)]
    gevent.sleep({moment})
    gevent.killall(callers)
    assert client.slots.in_use == client.slots.waiting == 0, client
    endpoint.script.clear()
    assert Pool(40).map(lambda _: asked(client, 5).text, range(100)) == ["fine"] * 100
    client.transport.close()
    print("ok")
"""
    assert under_gevent(script) == "ok\n"
