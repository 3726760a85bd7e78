# SPDX-License-Identifier: Apache-2.0
from collections.abc import Mapping

import pytest

from approvals.errors import ApprovalError
from approvals.llm.endpoint import endpoint_at
from approvals.llm.proxies import proxy_for
from tests.approvals.llm.callers import asked
from tests.approvals.llm.conftest import ClientAt
from tests.approvals.llm.endpoints import ScriptedEndpoint

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
        ("https://api.example.com/v1", {"HTTPS_PROXY": "https://proxy.example"}, "https://proxy.example:443/"),
        ("https://127.0.0.1/v1", PROXY, None),
        ("https://localhost/v1", PROXY, None),
        ("https://[::1]/v1", PROXY, None),
        ("https://api.example.com/v1", {**PROXY, "NO_PROXY": "*"}, None),
        ("https://api.example.com/v1", {**PROXY, "NO_PROXY": "x.example, api.example.com"}, None),
        ("https://api.example.com/v1", {**PROXY, "NO_PROXY": ".example.com"}, None),
        ("https://api.example.com/v1", {**PROXY, "NO_PROXY": "example.com"}, None),
        ("https://api.example.com/v1", {**PROXY, "NO_PROXY": "ample.com,10.0.0.0/8"}, "http://proxy.example:3128/"),
        ("https://10.1.2.3/v1", {**PROXY, "no_proxy": "10.0.0.0/8"}, None),
        ("https://10.1.2.3/v1", {**PROXY, "no_proxy": "example.com"}, "http://proxy.example:3128/"),
    ],
)
def test_the_environment_says_which_proxy(base_url: str, environment: dict[str, str], expected: str | None) -> None:
    assert chosen(base_url, environment) == expected


@pytest.mark.parametrize("value", ["socks5://me:hunter2@proxy.example:1080", "http://", "http://a:hunter2@b:99999", "http://["])
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
