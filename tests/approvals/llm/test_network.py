# SPDX-License-Identifier: Apache-2.0
"""The network between: a proxy that spoils every connection in one of Toxiproxy's ways."""

import time
from collections.abc import Iterator

import pytest

from approvals.llm import FailureKind
from devkit.faults import (
    Bandwidth,
    Direction,
    FaultProxy,
    Latency,
    LimitData,
    ResetPeer,
    Slicer,
    SlowClose,
    Timeout,
    Toxic,
)
from tests.approvals.conftest import ClientAt
from tests.approvals.llm.callers import SLACK, asked, refused
from tests.approvals.llm.endpoints import ScriptedEndpoint

SECONDS = 0.4
LATE = FailureKind.DEADLINE
LOST = FailureKind.CONNECTION_LOST


@pytest.fixture
def network(endpoint: ScriptedEndpoint) -> Iterator[FaultProxy]:
    with FaultProxy(("127.0.0.1", endpoint.port)) as running:
        yield running


@pytest.mark.parametrize("reused", [False, True])
@pytest.mark.parametrize(
    ("toxic", "direction", "kind"),
    [
        (Latency(5_000), Direction.DOWNSTREAM, LATE),
        (Latency(5_000), Direction.UPSTREAM, LATE),
        (Bandwidth(0.1), Direction.DOWNSTREAM, LATE),
        (Timeout(0), Direction.DOWNSTREAM, LATE),
        (Timeout(0), Direction.UPSTREAM, LATE),
        (Timeout(50), Direction.DOWNSTREAM, LOST),
        (ResetPeer(0), Direction.DOWNSTREAM, LOST),
        (ResetPeer(50), Direction.UPSTREAM, LOST),
        (Slicer(1, delay_us=20_000), Direction.DOWNSTREAM, LATE),
        (LimitData(40), Direction.DOWNSTREAM, LOST),
        (LimitData(40), Direction.UPSTREAM, LOST),
    ],
)
def test_each_trouble_ends_in_time_and_leaves_the_lanes_usable(
    network: FaultProxy,
    client_at: ClientAt,
    toxic: Toxic,
    direction: Direction,
    kind: FailureKind,
    reused: bool,
) -> None:
    client = client_at(f"http://127.0.0.1:{network.port}/v1", attempts=1)
    if reused:
        asked(client)
    name = network.add(toxic, direction)
    started = time.monotonic()

    failure = refused(client, SECONDS)

    assert time.monotonic() - started < SECONDS + SLACK
    assert failure.kind is kind
    network.remove(name)
    assert client.slots.in_use == 0
    assert [asked(client).text for _ in range(3)] == ["fine"] * 3


@pytest.mark.parametrize("toxic", [Latency(20, 10), Slicer(50, 20, 500), SlowClose(200), Bandwidth(100)])
def test_what_is_only_slow_is_answered(network: FaultProxy, client_at: ClientAt, toxic: Toxic) -> None:
    network.add(toxic)
    client = client_at(f"http://127.0.0.1:{network.port}/v1")

    assert [asked(client).text for _ in range(3)] == ["fine"] * 3
    assert network.accepted == 1


def test_an_endpoint_that_goes_away_and_comes_back_is_used_again(
    network: FaultProxy, client_at: ClientAt
) -> None:
    client = client_at(f"http://127.0.0.1:{network.port}/v1", attempts=1)
    asked(client)
    network.down()

    assert refused(client).kind is FailureKind.REFUSED

    network.up()
    assert asked(client).text == "fine"
