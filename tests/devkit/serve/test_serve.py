# SPDX-License-Identifier: Apache-2.0
"""HTTP through the gateway, to a tiny plugin that shows what it was sent."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from devkit.host import PluginHost
from devkit.serve import EndpointServer

ROOT = Path(__file__).parents[3]
TINY = Path(__file__).parents[1] / "host" / "tiny_plugin"


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with (
        PluginHost(command=(sys.executable, "-m", "main"), cwd=TINY) as host,
        EndpointServer(host, {"token": "t"}) as server,
        httpx.Client(base_url=server.url, trust_env=False) as client,
    ):
        yield client


def test_a_request_arrives_as_the_daemon_passes_it_on(client: httpx.Client) -> None:
    headers = {
        "X-Forwarded-For": "10.0.0.9",
        "X-Real-IP": "10.0.0.9",
        "Cookie": "access_token=c",
        "X-Kept": "1",
    }

    answer = client.post("/mirror/a b", params={"z": "1", "a": "2"}, content="hello", headers=headers)

    seen = answer.json()
    assert answer.status_code == 201
    assert (seen["name"], seen["body"], seen["query"]) == ("a b", "hello", {"a": "2", "z": "1"})
    assert seen["headers"]["X-Kept"] == "1"
    assert seen["headers"]["Cookie"] == "access_token=c"
    assert "10.0.0.9" not in answer.text
    assert seen["token"] == "t"


def test_a_path_outside_of_the_hook_is_not_found(client: httpx.Client) -> None:
    outside = str(client.base_url).replace("/e/", "/x/")
    assert client.get(outside).status_code == 404


def test_a_method_that_the_daemon_has_no_route_for_is_not_found(client: httpx.Client) -> None:
    assert client.patch("/mirror/a").status_code == 404


def test_a_streamed_body_arrives_whole_and_a_connection_serves_more_than_one_request(
    client: httpx.Client,
) -> None:
    assert [client.get("/stream").text for _ in range(3)] == ["one two"] * 3


def test_the_command_serves_the_plugin_until_it_is_told_to_stop() -> None:
    command = [sys.executable, "-m", "devkit", "serve", "--port", "0"]
    environment = {**os.environ, "API_TOKEN": "token-of-the-command", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as served:
        assert served.stdout is not None
        said = [next(served.stdout) for _ in range(8)]
        url = said[0].split()[1]
        headers = {"Authorization": "Bearer token-of-the-command"}
        health = httpx.get(f"{url}/health", headers=headers, trust_env=False, timeout=30)
        served.send_signal(signal.SIGTERM)
        code = served.wait(20)

    assert health.json()["status"] == "ok"
    assert code == 0
    assert "token-of-the-command" not in "".join(said), "a secret that was given is not printed"


def test_credentials_that_are_none_end_the_command_with_a_reason(tmp_path: Path) -> None:
    (tmp_path / "credentials.yaml").write_text("- a list", encoding="utf-8")
    command = [sys.executable, "-m", "devkit", "serve", "--credentials", str(tmp_path / "credentials.yaml")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 2
    assert "must hold the provider's credentials" in done.stderr
