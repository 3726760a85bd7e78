# SPDX-License-Identifier: Apache-2.0
import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from approvals.errors import ApprovalError
from approvals.llm import FailureKind
from approvals.llm.endpoint import endpoint_at
from approvals.llm.transport.proxies import Proxy, proxy_for
from approvals.llm.transport.tls import tls_context_trusting
from tests.approvals.llm.callers import asked, refused
from tests.approvals.llm.certificates import certificate_for
from tests.approvals.llm.conftest import ClientAt
from tests.approvals.llm.endpoints import Conversation, ScriptedEndpoint, Step, error, sent

PROXY = {"HTTPS_PROXY": "http://proxy.example:3128"}


def chosen(base_url: str, environment: Mapping[str, str]) -> str | None:
    proxy = proxy_for(endpoint_at(base_url, allow_insecure_http=True), environment)
    return None if proxy is None else f"{'https' if proxy.is_secure else 'http'}://{proxy.host}:{proxy.port}/"


@pytest.mark.parametrize(
    ("base_url", "environment", "expected"),
    [
        ("https://api.example.com/v1", {}, None),
        ("https://api.example.com/v1", PROXY, "http://proxy.example:3128/"),
        ("https://api.example.com/v1", {"https_proxy": "proxy.example:3128"}, "http://proxy.example:3128/"),
        ("https://api.example.com/v1", {"HTTP_PROXY": "http://proxy.example"}, None),
        ("http://api.example.com/v1", {"HTTP_PROXY": "http://proxy.example"}, "http://proxy.example:80/"),
        (
            "https://api.example.com/v1",
            {"HTTPS_PROXY": "https://proxy.example"},
            "https://proxy.example:443/",
        ),
        ("https://127.0.0.1/v1", PROXY, None),
        ("https://localhost/v1", PROXY, None),
        ("https://[::1]/v1", PROXY, None),
        ("https://api.example.com/v1", {**PROXY, "NO_PROXY": "*"}, None),
        ("https://api.example.com/v1", {**PROXY, "NO_PROXY": "x.example, api.example.com"}, None),
        ("https://api.example.com/v1", {**PROXY, "NO_PROXY": ".example.com"}, None),
        ("https://api.example.com/v1", {**PROXY, "NO_PROXY": "example.com"}, None),
        (
            "https://api.example.com/v1",
            {**PROXY, "NO_PROXY": "ample.com,10.0.0.0/8"},
            "http://proxy.example:3128/",
        ),
        ("https://10.1.2.3/v1", {**PROXY, "no_proxy": "10.0.0.0/8"}, None),
        ("https://10.1.2.3/v1", {**PROXY, "no_proxy": "example.com"}, "http://proxy.example:3128/"),
    ],
)
def test_the_environment_says_which_proxy(
    base_url: str, environment: dict[str, str], expected: str | None
) -> None:
    assert chosen(base_url, environment) == expected


@pytest.mark.parametrize(
    "value", ["socks5://me:hunter2@proxy.example:1080", "http://", "http://a:hunter2@b:99999", "http://["]
)
def test_a_proxy_that_cannot_be_used_is_refused_by_name(value: str) -> None:
    with pytest.raises(ApprovalError, match="HTTPS_PROXY") as caught:
        chosen("https://api.example.com/v1", {"HTTPS_PROXY": value})
    assert "hunter2" not in str(caught.value)


def test_a_call_really_goes_through_the_proxy(endpoint: ScriptedEndpoint, client_at: ClientAt) -> None:
    environment = {"HTTP_PROXY": f"http://me:pass@127.0.0.1:{endpoint.port}"}
    far = endpoint_at("http://api.example.com/v1", allow_insecure_http=True)
    client = client_at(str(far), proxy=proxy_for(far, environment))

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
            proxy=Proxy("127.0.0.1", endpoint.port, is_secure=False),
            context=tls_context_trusting(str(certificate.certificate)),
        )

        assert [asked(client).text for _ in range(2)] == ["fine", "fine"]
        assert [request.path for request in endpoint.received] == [f"127.0.0.1:{beyond.port}"]
        assert "authorization" not in endpoint.received[0].headers
        assert len(beyond.received) == 2
        client.lanes.close_idle()


@pytest.mark.parametrize(
    "step", [error(407), error(502), sent(b""), sent(b"SSH-2.0\r\n\r\n"), sent(b"", reset=True)]
)
def test_a_proxy_that_does_not_open_the_way_is_named(
    endpoint: ScriptedEndpoint, client_at: ClientAt, step: Step
) -> None:
    endpoint.script = [step]
    secret = ((b"Proxy-Authorization", b"Basic c2VjcmV0"),)
    proxy = Proxy("127.0.0.1", endpoint.port, is_secure=False, authorization=secret)

    failure = refused(client_at("https://api.example.com/v1", proxy=proxy, attempts=1))

    assert failure.kind is FailureKind.CONNECT
    assert f"The proxy 127.0.0.1:{endpoint.port}" in failure.message
    assert "api.example.com:443" in failure.message
    assert failure.spend.cost_known
    assert "c2VjcmV0" not in failure.message + repr(proxy)
