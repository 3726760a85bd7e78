# SPDX-License-Identifier: Apache-2.0
"""A notice is posted once, to a public address, within its time."""

import socket
from typing import Any

import httpx
import pytest

from approvals.clock import SystemClock
from approvals.errors import ApprovalError
from approvals.llm import Deadline
from approvals.llm.transport import opening
from approvals.notifications.formats import NotifyFormat, Target
from approvals.notifications.public_addresses import is_public
from approvals.notifications.sending import Outcome, WebhookSender, transport_to
from approvals.notifications.target import target_of
from tests.approvals.notifications.test_formats import notice
from tests.approvals.store.contract import SteppingClock

CLOCK = SystemClock()


def send(
    reply: httpx.Response, kind: NotifyFormat = NotifyFormat.SLACK
) -> tuple[Outcome, list[httpx.Request]]:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return reply

    target = Target(httpx.URL("https://hooks.example.com/T0/secret-part"), kind, "", "")
    sender = WebhookSender(target, CLOCK, httpx.MockTransport(answer))
    return sender.send(notice(), Deadline.after(CLOCK, 2)), seen


def test_it_arrives_with_the_correlation_id() -> None:
    outcome, [request] = send(httpx.Response(200, text="ok"))
    assert outcome == Outcome(delivered=True)
    assert request.headers["X-Correlation-Id"] == "order-7"
    assert request.headers["Content-Type"] == "application/json; charset=utf-8"


@pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 410, 429, 500])
def test_what_is_no_success_did_not_arrive_and_no_redirect_is_followed(status: int) -> None:
    outcome, seen = send(httpx.Response(status, headers={"Location": "http://169.254.169.254/"}))
    assert len(seen) == 1
    assert outcome == Outcome(delivered=False, reason=f"hooks.example.com: it answered {status}")


def test_it_rests_after_a_failure_until_it_succeeds_or_half_a_minute_has_passed() -> None:
    clock, replies = SteppingClock(), iter([httpx.Response(500), httpx.Response(200), httpx.Response(500)])
    target = Target(httpx.URL("https://hooks.example.com/x"), NotifyFormat.SLACK, "", "")
    sender = WebhookSender(target, clock, httpx.MockTransport(lambda _: next(replies)))
    assert not sender.resting

    seen = []
    for _ in range(3):
        sender.send(notice(), Deadline.after(clock, 2))
        seen.append(sender.resting)
    clock.sleep(31)

    assert (seen, sender.resting) == ([True, False, True], False)


def test_the_reason_names_neither_the_path_nor_what_was_answered() -> None:
    outcome, _ = send(httpx.Response(500, text="secret-part"))
    assert "secret-part" not in outcome.reason


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",  # noqa: S104
        "255.255.255.255", "224.0.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1",
        "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "not an address", "192.0.2.1", "198.18.0.1",
    ],
)  # fmt: skip
def test_addresses_inside_of_networks_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "8.8.8.8", "2606:4700:4700::1111", "64:ff9b::808:808"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/x", "http://localhost:9/x", "http://[::1]:9/", "http://0x7f000001:9/"]
)
def test_a_private_address_is_never_connected_to(url: str) -> None:
    target = Target(httpx.URL(url), NotifyFormat.SLACK, "", "")
    sender = WebhookSender(target, CLOCK, transport_to(target, CLOCK, allow_private=False))
    outcome = sender.send(notice(), Deadline.after(CLOCK, 2))
    assert not outcome.delivered
    assert "is no public address" in outcome.reason


@pytest.mark.parametrize("answers", [["93.184.215.14", "10.0.0.5"], ["127.0.0.1"], ["::ffff:10.0.0.5"]])
def test_a_public_name_that_leads_inside_is_never_connected_to(
    answers: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def looked_up(_host: str, port: int, _seconds: float | None) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", (address, port)) for address in answers]

    def connected(*_: Any) -> None:
        raise AssertionError("no connection must be opened")

    monkeypatch.setattr(opening, "_addresses", looked_up)
    monkeypatch.setattr(opening, "_connected_to", connected)
    target = Target(httpx.URL("https://rebound.example/x"), NotifyFormat.SLACK, "", "")
    sender = WebhookSender(target, CLOCK, transport_to(target, CLOCK, allow_private=False))

    outcome = sender.send(notice(), Deadline.after(CLOCK, 2))

    assert outcome == Outcome(delivered=False, reason="rebound.example: rebound.example is no public address")


@pytest.mark.parametrize(
    ("url", "kind", "secret", "why"),
    [
        ("ftp://a.example/x", NotifyFormat.SLACK, "", "must start with https"),
        ("https://", NotifyFormat.SLACK, "", "must start with https"),
        ("http://a.example/x", NotifyFormat.SLACK, "", "in the clear"),
        ("https://u:p@a.example/x", NotifyFormat.SLACK, "", "must hold no user"),
        ("https://a.example:0/x", NotifyFormat.SLACK, "", "port 0"),
        ("https://a.example/x y", NotifyFormat.SLACK, "", "must hold no"),
        ("https://a.example/x", NotifyFormat.STANDARD_WEBHOOKS, "", "notify_secret is empty"),
        ("https://a.example/x", NotifyFormat.STANDARD_WEBHOOKS, "whsec_", "must be whsec_"),
    ],
)
def test_a_target_that_cannot_work_is_refused(url: str, kind: NotifyFormat, secret: str, why: str) -> None:
    with pytest.raises(ApprovalError, match=why) as caught:
        target_of(url, kind, secret, public_url="", allow_insecure_http=False)
    assert "u:p@" not in caught.value.message
