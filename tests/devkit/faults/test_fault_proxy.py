# SPDX-License-Identifier: Apache-2.0
"""Each toxic does to a connection what Toxiproxy's toxic of that name does."""

import socket
import time
from collections.abc import Callable

import pytest

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
)

from .conftest import Connect, EchoServer


def echoed(client: socket.socket, data: bytes) -> bytes:
    """What comes back of `data`; less than that when the connection ends before."""
    client.sendall(data)
    return received(client, len(data))


def received(client: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size and (more := client.recv(65536)):
        data += more
    return data


def seconds(work: Callable[[], object]) -> float:
    started = time.monotonic()
    work()
    return time.monotonic() - started


def silent(client: socket.socket, for_seconds: float = 0.2) -> bool:
    client.settimeout(for_seconds)
    try:
        client.recv(1)
    except TimeoutError:
        return True
    finally:
        client.settimeout(5)
    return False


def test_without_toxics_everything_gets_through_whole(connect: Connect, echo: EchoServer) -> None:
    data = bytes(range(256)) * 1_000
    client = connect()

    assert echoed(client, data) == data
    client.shutdown(socket.SHUT_WR)
    assert client.recv(1) == b""
    assert echo.endings == ["closed"]


def test_latency_delays_each_direction_it_is_put_in(proxy: FaultProxy, connect: Connect) -> None:
    client = connect()
    proxy.add(Latency(150))
    assert seconds(lambda: echoed(client, b"ping")) >= 0.15

    proxy.add(Latency(100, jitter_ms=10), Direction.UPSTREAM)
    assert seconds(lambda: echoed(client, b"ping")) >= 0.24


def test_latency_does_not_lower_the_throughput(proxy: FaultProxy, connect: Connect) -> None:
    proxy.add(Latency(200))
    client = connect()

    def many_at_once() -> None:
        for _ in range(10):
            client.sendall(b"ping")
            time.sleep(0.01)
        assert received(client, 40) == b"ping" * 10

    assert seconds(many_at_once) < 1.5  # and not 2 s, ten times 200 ms


def test_bandwidth_is_bounded(proxy: FaultProxy, connect: Connect) -> None:
    proxy.add(Bandwidth(rate_kb=100))
    client = connect()

    assert seconds(lambda: echoed(client, b"x" * 40_000)) >= 0.35


def test_a_slicer_cuts_data_into_pieces_and_loses_none(proxy: FaultProxy, connect: Connect) -> None:
    proxy.add(Slicer(average_size=10, size_variation=5, delay_us=5_000))
    client = connect()
    data = bytes(range(200))
    client.sendall(data)
    first = client.recv(65536)

    assert len(first) < 100
    assert first + received(client, 200 - len(first)) == data


def test_a_slow_close_passes_the_end_on_late(proxy: FaultProxy, connect: Connect) -> None:
    proxy.add(SlowClose(300))
    client = connect()
    assert echoed(client, b"ping") == b"ping"
    client.shutdown(socket.SHUT_WR)

    assert seconds(lambda: client.recv(1)) >= 0.28


def test_a_timeout_lets_nothing_through_and_then_closes(proxy: FaultProxy, connect: Connect) -> None:
    client = connect()
    assert echoed(client, b"ping") == b"ping"
    proxy.add(Timeout(300))
    client.sendall(b"lost")

    assert silent(client, 0.1)
    assert client.recv(1) == b""


def test_a_timeout_of_zero_holds_until_it_is_removed(
    proxy: FaultProxy, connect: Connect, echo: EchoServer
) -> None:
    client = connect()
    name = proxy.add(Timeout(), Direction.UPSTREAM)
    client.sendall(b"lost")
    assert silent(client)
    proxy.remove(name)

    assert echoed(client, b"heard") == b"heard"
    assert echo.heard == b"heard"


def test_a_reset_comes_with_data_and_reaches_both_sides(
    proxy: FaultProxy, connect: Connect, echo: EchoServer
) -> None:
    client = connect()
    assert echoed(client, b"ping") == b"ping"
    proxy.add(ResetPeer())
    assert silent(client, 0.1)
    client.sendall(b"ping")

    with pytest.raises(ConnectionResetError):
        client.recv(1)
    limit = time.monotonic() + 5
    while not echo.endings and time.monotonic() < limit:
        time.sleep(0.01)
    assert echo.endings == ["ConnectionResetError"]


def test_a_reset_can_wait(proxy: FaultProxy, connect: Connect) -> None:
    proxy.add(ResetPeer(300))
    client = connect()
    client.sendall(b"ping")

    assert silent(client, 0.1)
    with pytest.raises(ConnectionResetError):
        client.recv(1)


def test_a_limit_closes_after_so_many_bytes(proxy: FaultProxy, connect: Connect) -> None:
    client = connect()
    assert echoed(client, b"before") == b"before"
    proxy.add(LimitData(10))

    assert echoed(client, b"0123456") == b"0123456"
    assert echoed(client, b"789abc") == b"789"
    assert client.recv(1) == b""


def test_down_refuses_and_closes_until_up(proxy: FaultProxy, connect: Connect) -> None:
    client = connect()
    assert echoed(client, b"ping") == b"ping"
    port = proxy.port
    proxy.down()

    assert client.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        connect()
    proxy.up()
    assert proxy.port == port
    assert echoed(connect(), b"ping") == b"ping"


def test_toxics_add_up_and_are_cleared_together(proxy: FaultProxy, connect: Connect) -> None:
    proxy.add(Latency(100))
    proxy.add(Slicer(2, delay_us=20_000), name="crumbs")
    assert [placed.name for placed in proxy.toxics] == ["latency_1", "crumbs"]
    client = connect()
    assert seconds(lambda: echoed(client, b"0123456789")) >= 0.17

    proxy.clear()
    assert proxy.toxics == ()
    assert echoed(client, b"0123456789") == b"0123456789"


def test_names_are_unique_and_known(proxy: FaultProxy) -> None:
    proxy.add(Latency(1), name="slow")

    with pytest.raises(ValueError, match="'slow'"):
        proxy.add(Latency(1), name="slow")
    with pytest.raises(KeyError, match="'fast'"):
        proxy.remove("fast")
    assert "slow" in repr(proxy)


def test_a_server_that_is_not_there_looks_like_a_closed_connection(echo: EchoServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        nobody = listener.getsockname()
    with FaultProxy(nobody) as proxy:
        with socket.create_connection((proxy.host, proxy.port), timeout=5) as client:
            assert client.recv(1) == b""
        assert proxy.accepted == 1


def test_a_server_s_reset_is_passed_on(connect: Connect, proxy: FaultProxy, echo: EchoServer) -> None:
    with (
        FaultProxy((proxy.host, proxy.port)) as outer,
        socket.create_connection((outer.host, outer.port), timeout=5) as client,
    ):
        assert echoed(client, b"ping") == b"ping"
        proxy.add(ResetPeer())
        client.sendall(b"ping")
        with pytest.raises(ConnectionResetError):
            client.recv(1)


def test_stopping_twice_is_the_same_as_once(echo: EchoServer) -> None:
    proxy = FaultProxy(echo.address).start()
    proxy.stop()
    proxy.stop()

    with pytest.raises(RuntimeError, match="not started"):
        proxy.clear()
