# SPDX-License-Identifier: Apache-2.0
"""HTTP through the gateway, to a tiny plugin that shows what it was sent."""

import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from devkit.host import PluginHost
from devkit.serve import EndpointServer

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
