# SPDX-License-Identifier: Apache-2.0
import socket
import threading
import time
from typing import Any

import pytest

from approvals.llm.failures import CallFailure, FailureKind
from approvals.llm.transport.dns import addresses_of
from tests.approvals.llm.callers import SLACK


@pytest.mark.parametrize(("host", "family"), [("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)])
def test_an_address_needs_no_name_service(host: str, family: socket.AddressFamily) -> None:
    before = threading.active_count()

    [(found, where)] = addresses_of(host, 443, 5)

    assert (found, where[:2]) == (family, (host, 443))
    assert threading.active_count() == before


def test_a_name_is_looked_up() -> None:
    assert (socket.AF_INET, ("127.0.0.1", 80)) in addresses_of("localhost", 80, 5)


def test_a_name_that_does_not_exist_is_named() -> None:
    with pytest.raises(CallFailure, match=r"'no-such-host\.invalid'.*base_url") as caught:
        addresses_of("no-such-host.invalid", 443, 5)
    assert caught.value.kind is FailureKind.NAME_NOT_FOUND


def test_a_name_service_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    really = socket.getaddrinfo

    def hanging(host: str, port: int, *given: Any, **more: Any) -> Any:
        if more.get("flags"):
            return really(host, port, *given, **more)
        over.wait(10)
        raise socket.gaierror(socket.EAI_AGAIN, "too late")

    monkeypatch.setattr(socket, "getaddrinfo", hanging)
    started = time.monotonic()
    with pytest.raises(CallFailure, match=r"No answer .* within 0\.1 s") as caught:
        addresses_of("slow.example", 443, 0.1)
    assert time.monotonic() - started < 0.1 + SLACK
    over.set()
    assert caught.value.kind is FailureKind.NAME_NOT_FOUND
