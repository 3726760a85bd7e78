# SPDX-License-Identifier: Apache-2.0
"""Schemathesis makes requests from docs/openapi.yaml, and every answer is one that the document allows."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from standardwebhooks.webhooks import Webhook

from devkit.host import HostStorage, PluginHost
from devkit.llm_stub import LlmStub
from devkit.openapi.document import document
from devkit.serve import EndpointServer
from devkit.serve.gateway import METHODS
from tests.plugin.conftest import ROOT, credentials_for

TOKEN = "token-of-the-fuzzer-0123456789"
SECRET = "whsec_" + base64.b64encode(b"f" * 24).decode()
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = 40

pytestmark = pytest.mark.slow

schema = schemathesis.openapi.from_dict(document())


@pytest.fixture(scope="module")
def url(stub: LlmStub) -> Iterator[str]:
    stub.clear()
    given = {"api_token": TOKEN, "signing_secret": SECRET}
    with (
        PluginHost(cwd=ROOT, storage=HostStorage(), credentials=credentials_for(stub)) as host,
        EndpointServer(host, given) as server,
    ):
        yield server.url
        assert host.violations == []
        assert "unexpected error" not in str(host.logs)


def signed(prepared: requests.PreparedRequest) -> dict[str, str]:
    """The signature of what is about to be sent, as a sender makes it."""
    body = prepared.body or b""
    data = body if isinstance(body, bytes) else body.encode()
    now = datetime.now(UTC)
    message_id = str(prepared.headers.get("webhook-id", "msg_1"))
    try:
        signature = Webhook(SECRET).sign(message_id, now, data.decode())
    except UnicodeDecodeError:
        return {}
    return {"webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signature}


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    database=None,
)
def test_no_request_finds_an_answer_that_is_not_described(case: schemathesis.Case, url: str) -> None:
    kwargs = case.as_transport_kwargs(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"})
    kwargs.pop("timeout", None)
    cookies, verify = kwargs.pop("cookies", None), kwargs.pop("verify", True)
    with requests.Session() as session:
        session.trust_env = False
        prepared = session.prepare_request(requests.Request(**kwargs, cookies=cookies))
        if case.operation.path.endswith("/events"):
            prepared.headers.update(signed(prepared))
        answer = session.send(prepared, timeout=30, verify=verify, allow_redirects=False)
    if prepared.method not in METHODS:  # the daemon itself answers, which has no route for it
        assert answer.status_code == 404
        return
    case.validate_response(answer, checks=CHECKS)
    assert answer.headers["X-Correlation-Id"]
    assert "Traceback" not in answer.text
