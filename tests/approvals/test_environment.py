# SPDX-License-Identifier: Apache-2.0
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from approvals.environment import proxy_for
from approvals.errors import ApprovalError
from approvals.llm import FailureKind
from tests.approvals.conftest import ClientAt
from tests.approvals.llm.callers import asked, refused
from tests.approvals.llm.certificates import certificate_for
from tests.approvals.llm.endpoints import Conversation, ScriptedEndpoint, Step, error, sent

PROXY = {"HTTPS_PROXY": "http://proxy.example:3128"}
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUEST_METHOD")


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Mapping[str, str]], str | None]:
    """The proxy for a URL in an environment."""

    def choose(url: str, environment: Mapping[str, str]) -> str | None:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        proxy = proxy_for(httpx.URL(url))
        return None if proxy is None else str(proxy.url)

    return choose


Chosen = Callable[[str, Mapping[str, str]], str | None]


@pytest.mark.parametrize(
    ("url", "environment", "expected"),
    [
        ("https://api.example.com/v1", {}, None),
        ("https://api.example.com/v1", PROXY, "http://proxy.example:3128"),
        ("https://api.example.com/v1", {"https_proxy": "proxy.example:3128"}, "http://proxy.example:3128"),
        ("https://api.example.com/v1", {"HTTP_PROXY": "http://proxy.example"}, None),
        ("http://api.example.com/v1", {"HTTP_PROXY": "http://proxy.example"}, "http://proxy.example"),
        ("https://api.example.com/v1", {"HTTPS_PROXY": "https://proxy.example"}, "https://proxy.example"),
        ("https://api.example.com/v1", {"ALL_PROXY": "http://all.example:1"}, "http://all.example:1"),
        (
            "https://api.example.com/v1",
            {"all_proxy": "http://all.example:1", "no_proxy": "example.com"},
            None,
        ),
        (
            "https://api.example.com/v1",
            {**PROXY, "ALL_PROXY": "socks5://all.example:1"},
            "http://proxy.example:3128",
        ),
    ],
)
def test_the_environment_says_which_proxy(
    chosen: Chosen, url: str, environment: dict[str, str], expected: str | None
) -> None:
    assert chosen(url, environment) == expected


@pytest.mark.parametrize(
    ("url", "no_proxy"),
    [
        ("https://127.0.0.1/v1", ""),
        ("https://127.8.8.8/v1", ""),
        ("https://localhost/v1", ""),
        ("https://[::1]/v1", ""),
        ("https://api.example.com/v1", "*"),
        ("https://api.example.com/v1", "x.example, *"),
        ("https://api.example.com/v1", "x.example, api.example.com"),
        ("https://api.example.com/v1", ".example.com"),
        ("https://api.example.com/v1", "*.example.com"),
        ("https://api.example.com/v1", "example.com"),
        ("https://api.example.com/v1", "EXAMPLE.COM"),
        ("https://api.example.com/v1", "api.example.com:443"),
        ("https://api.example.com:8443/v1", "api.example.com:8443"),
        ("https://api.example.com:8443/v1", ".example.com:8443"),
        ("https://api.example.com:8443/v1", "api.example.com"),
        ("https://llm.corp.local:42115/v1", "localhost llm.corp.local"),
        ("https://llm.corp.local:42115/v1", "localhost\tllm.corp.local , x"),
        ("https://10.1.2.3/v1", "10.0.0.0/8"),
        ("https://10.1.2.3/v1", "10.1.2.3"),
        ("https://10.1.2.3:42115/v1", "10.1.2.3:42115"),
        ("https://10.1.2.3:42115/v1", "10.1.2.3"),
        ("https://[fd00::7]/v1", "fd00::7"),
        ("https://[fd00::7]/v1", "[fd00::7]"),
        ("https://[fd00::7]:8443/v1", "[fd00::7]"),
        ("https://[fd00::7]:8443/v1", "[fd00::7]:8443"),
        ("https://[fd00::7]:8443/v1", "fd00::7"),
        ("https://[fd00::7]/v1", "fd00::/8"),
        ("https://[fd00::7]/v1", "[fd00::]/8"),
    ],
)
def test_what_no_proxy_names_is_reached_directly(chosen: Chosen, url: str, no_proxy: str) -> None:
    assert chosen(url, {**PROXY, "NO_PROXY": no_proxy}) is None


@pytest.mark.parametrize(
    ("url", "no_proxy"),
    [
        ("https://api.example.com/v1", "ample.com,10.0.0.0/8"),
        ("https://api.example.com/v1", "api.example.com.evil"),
        ("https://api.example.com/v1", "api.example.com:8443"),
        ("https://api.example.com/v1", ", ,"),
        ("https://api.example.com/v1", "http://[, ]:x, 10.0.0.0/99"),
        ("https://10.1.2.3/v1", "example.com, 11.0.0.0/8, fd00::/8"),
        ("https://10.1.2.3/v1", "10.1.2.3:8443"),
        ("https://[fd00::7]:8443/v1", "[fd00::7]:443, [fd00::8]"),
    ],
)
def test_what_no_proxy_does_not_name_goes_through_the_proxy(chosen: Chosen, url: str, no_proxy: str) -> None:
    assert chosen(url, {**PROXY, "NO_PROXY": no_proxy}) == "http://proxy.example:3128"


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "ALL_PROXY"])
@pytest.mark.parametrize(
    "value",
    ["socks5://me:hunter2@proxy.example:1080", "http://", "http://a:hunter2@b:99999", "ftp://x"],
)
def test_a_proxy_that_cannot_be_used_is_refused_by_name(chosen: Chosen, name: str, value: str) -> None:
    with pytest.raises(ApprovalError, match=name) as caught:
        chosen("https://api.example.com/v1", {name: value})
    assert "hunter2" not in str(caught.value)


def test_a_call_really_goes_through_the_proxy(endpoint: ScriptedEndpoint, client_at: ClientAt) -> None:
    client = client_at(
        "http://api.example.com/v1", proxy=httpx.Proxy(f"http://me:pass@127.0.0.1:{endpoint.port}")
    )

    assert [asked(client).text for _ in range(2)] == ["fine", "fine"]
    assert endpoint.connections == 1
    assert endpoint.received[0].path == "http://api.example.com/v1/chat/completions"
    assert endpoint.received[0].headers["proxy-authorization"] == "Basic bWU6cGFzcw=="


def relayed_to(port: int) -> Step:
    """What a proxy does with CONNECT: it agrees, and from then on carries bytes both ways."""

    def carry(source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)

    def step(conversation: Conversation) -> bool:
        conversation.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with socket.create_connection(("127.0.0.1", port)) as beyond:
            back = threading.Thread(target=carry, args=(beyond, conversation.connection))
            back.start()
            carry(conversation.connection, beyond)
            back.join()
        return False

    return step


def test_a_call_over_tls_goes_through_a_tunnel_that_cannot_read_the_key(
    endpoint: ScriptedEndpoint, client_at: ClientAt, tmp_path: Path
) -> None:
    certificate = certificate_for("127.0.0.1", tmp_path)
    with ScriptedEndpoint(context=certificate.server_context()) as beyond:
        endpoint.script = [relayed_to(beyond.port)]
        client = client_at(
            beyond.base_url,
            proxy=httpx.Proxy(f"http://127.0.0.1:{endpoint.port}"),
            context=certificate.client_context(),
        )

        assert [asked(client).text for _ in range(2)] == ["fine", "fine"]
        assert [request.path for request in endpoint.received] == [f"127.0.0.1:{beyond.port}"]
        assert "authorization" not in endpoint.received[0].headers
        assert len(beyond.received) == 2
        client.transport.close()


@pytest.mark.parametrize(
    "step", [error(407), error(502), sent(b""), sent(b"SSH-2.0\r\n\r\n"), sent(b"", reset=True)]
)
def test_a_proxy_that_does_not_open_the_way_is_named(
    endpoint: ScriptedEndpoint, client_at: ClientAt, step: Step
) -> None:
    endpoint.script = [step]
    proxy = httpx.Proxy(f"http://me:hunter2@127.0.0.1:{endpoint.port}")

    failure = refused(client_at("https://api.example.com/v1", proxy=proxy, attempts=1))

    assert failure.kind is FailureKind.CONNECT
    assert f"he proxy 127.0.0.1:{endpoint.port}" in failure.message
    assert "api.example.com:443" in failure.message
    assert failure.spend.cost_known
    assert "hunter2" not in failure.message + repr(proxy)


def test_a_proxy_that_cannot_be_reached_is_named(client_at: ClientAt) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    failure = refused(
        client_at("https://api.example.com/v1", proxy=httpx.Proxy(f"http://127.0.0.1:{port}"), attempts=1)
    )

    assert failure.kind is FailureKind.CONNECT
    assert f"he proxy 127.0.0.1:{port} cannot be reached (Connection refused)" in failure.message
    assert "HTTPS_PROXY" in failure.message
