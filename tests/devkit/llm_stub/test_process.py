# SPDX-License-Identifier: Apache-2.0
"""The stub as a process of its own does what the one inside this process does."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from devkit.llm_stub import Outcome, StubProcess, self_signed

from .calls import chat


@pytest.fixture(scope="module")
def running() -> Iterator[StubProcess]:
    with StubProcess(api_key="sk-process", models=["m"]) as process:
        yield process


def status(process: StubProcess, key: str = "sk-process", model: str = "m") -> int:
    headers = {"Authorization": f"Bearer {key}"}
    url = f"{process.base_url}/chat/completions"
    return httpx.post(url, json=chat(model=model), headers=headers, trust_env=False).status_code


def test_it_serves_as_it_was_told(running: StubProcess) -> None:
    assert status(running) == 200
    assert status(running, key="other") == 401
    assert status(running, model="other") == 404


def test_it_plays_scripts_and_counts(running: StubProcess) -> None:
    before = running.stats()["count"]
    running.script(Outcome.STATUS_503)
    running.always(Outcome.STATUS_529)

    assert [status(running), status(running)] == [503, 529]
    running.clear()
    assert status(running) == 200
    assert running.stats()["count"] - before == 3


def test_the_key_is_on_no_command_line(running: StubProcess) -> None:
    assert b"sk-process" not in Path(f"/proc/{running.pid}/cmdline").read_bytes()
    assert "sk-process" not in repr(running)


def test_it_ends_when_told_and_starts_again_on_its_port() -> None:
    process = StubProcess()
    with process:
        pid, port = process.pid, process.port
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)

    with process:
        assert process.port == port


def test_it_ends_with_the_process_that_started_it() -> None:
    starter = (
        "import os; from devkit.llm_stub import StubProcess; process = StubProcess().start(); "
        "print(process.pid, flush=True); os._exit(0)"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", starter], cwd=root, capture_output=True, check=True, text=True
    )
    pid = int(done.stdout)

    limit = time.monotonic() + 10
    while _runs(pid) and time.monotonic() < limit:
        time.sleep(0.05)
    assert not _runs(pid)


def test_it_speaks_tls(tmp_path: Path) -> None:
    with StubProcess(tls=self_signed(tmp_path)) as process:
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            httpx.get(f"{process.base_url}/models", trust_env=False)
        process.script(Outcome.OK)
        assert process.stats()["rules_left"] == 1


def test_one_that_cannot_start_says_why(running: StubProcess) -> None:
    with pytest.raises(RuntimeError, match="address already in use"):
        StubProcess(port=running.port).start()


def test_the_command_takes_a_script_and_stops_on_a_signal(tmp_path: Path) -> None:
    script, port_file = tmp_path / "script.json", tmp_path / "port"
    script.write_text(json.dumps({"rules": [{"outcome": "status_529", "times": None}]}))
    command = [
        sys.executable,
        "-m",
        "devkit.llm_stub",
        "--script",
        str(script),
        "--port-file",
        str(port_file),
    ]
    child = subprocess.Popen(command, cwd=Path(__file__).parents[3], stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout
        url = child.stdout.readline().split()[-1]
        assert url == f"http://127.0.0.1:{port_file.read_text()}/v1"
        assert httpx.post(f"{url}/chat/completions", json=chat(), trust_env=False).status_code == 529
    finally:
        child.send_signal(signal.SIGTERM)
        child.communicate(timeout=10)
    assert child.returncode == 0


def test_the_command_refuses_a_bad_script(tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    script.write_text('{"rules": [{"outcome": "nice"}]}')
    command = [sys.executable, "-m", "devkit.llm_stub", "--script", str(script)]
    done = subprocess.run(command, cwd=Path(__file__).parents[3], capture_output=True, check=False, text=True)

    assert done.returncode == 2
    assert "rules.0.outcome" in done.stderr


def _runs(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
