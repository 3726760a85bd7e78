# SPDX-License-Identifier: Apache-2.0
"""The stub speaks TLS with the certificate and the versions it is told."""

import dataclasses
import ssl
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from devkit.llm_stub import LlmStub, Outcome, Tls, self_signed

from .calls import chat

Ask = Callable[[LlmStub], int]


@pytest.fixture
def tls(tmp_path: Path) -> Tls:
    return self_signed(tmp_path)


@pytest.fixture
def ask(tls: Tls) -> Ask:
    """The status for a client that trusts the certificate and wants TLS 1.3."""

    def call(stub: LlmStub) -> int:
        context = ssl.create_default_context(cafile=str(tls.certificate))
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        with httpx.Client(verify=context, trust_env=False, timeout=5) as client:
            return client.post(f"{stub.base_url}/chat/completions", json=chat()).status_code

    return call


def test_a_client_that_trusts_it_is_served(tls: Tls, ask: Ask) -> None:
    with LlmStub(tls=tls) as stub:
        assert stub.base_url.startswith("https://127.0.0.1:")
        assert ask(stub) == 200


def test_a_client_that_does_not_is_not(tls: Tls) -> None:
    with LlmStub(tls=tls) as stub, pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(f"{stub.base_url}/models", trust_env=False)


def test_an_old_version_is_all_it_offers(tls: Tls, ask: Ask) -> None:
    old = dataclasses.replace(tls, newest=ssl.TLSVersion.TLSv1_2)

    with LlmStub(tls=old) as stub, pytest.raises(httpx.ConnectError, match="PROTOCOL_VERSION"):
        ask(stub)


def test_an_expired_certificate_is_not_trusted(tmp_path: Path) -> None:
    expired = self_signed(tmp_path, hours=-1)
    context = ssl.create_default_context(cafile=str(expired.certificate))

    with LlmStub(tls=expired) as stub, pytest.raises(httpx.ConnectError, match="expired"):
        httpx.get(f"{stub.base_url}/models", verify=context, trust_env=False)


@pytest.mark.parametrize("outcome", [Outcome.RESET_BEFORE, Outcome.RESET_IN_BODY, Outcome.HALF_REPLY])
def test_connection_faults_hold_over_tls(tls: Tls, ask: Ask, outcome: Outcome) -> None:
    with LlmStub(tls=tls) as stub:
        stub.script(outcome)
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            ask(stub)
        assert ask(stub) == 200
