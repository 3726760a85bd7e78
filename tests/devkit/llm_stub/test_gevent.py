# SPDX-License-Identifier: Apache-2.0
"""The stub and the proxy also work inside a process that gevent has patched, as the plugin's SDK does."""

import subprocess
import sys
from pathlib import Path

_PATCHED = """
from gevent import monkey
monkey.patch_all(sys=True)
import gevent, httpx
from devkit.faults import FaultProxy, Latency
from devkit.llm_stub import LlmStub, Outcome

call = {"model": "m", "messages": [{"role": "user", "content": "hello"}]}
with LlmStub(latency_ms=100) as stub, FaultProxy(("127.0.0.1", stub.port)) as proxy:
    stub.script(Outcome.STATUS_503, nth=6)
    proxy.add(Latency(10))
    url = f"http://127.0.0.1:{proxy.port}/v1/chat/completions"
    client = httpx.Client(trust_env=False, timeout=5)
    jobs = [gevent.spawn(client.post, url, json=call) for _ in range(5)]
    gevent.joinall(jobs)
    print([job.value.status_code for job in jobs], stub.requests.max_in_flight > 1)
    print(client.post(url, json=call).status_code)
"""


def test_stub_and_proxy_work_in_a_patched_process() -> None:
    root = Path(__file__).parents[3]
    command = [sys.executable, "-c", _PATCHED]
    done = subprocess.run(command, cwd=root, capture_output=True, check=False, text=True, timeout=60)

    assert (done.stdout, done.stderr) == ("[200, 200, 200, 200, 200] True\n503\n", "")
