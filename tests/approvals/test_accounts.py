# SPDX-License-Identifier: Apache-2.0
"""Credential sets that name one URL and key share its limits, breakers and connections."""

import json
from collections.abc import Callable

import httpx
import pytest

from approvals.errors import ApprovalError, ErrorCode
from approvals.llm import ChatMessage, ChatRequest, Deadline, FailureKind, LlmError
from approvals.settings import Settings
from approvals.wiring import KEPT_AT_MOST, Wiring
from tests.approvals.llm.callers import StillClock
from tests.approvals.llm.endpoints import completion

KEY = "sk-test-0123456789abcdef"
Handler = Callable[[httpx.Request], httpx.Response]


class World:
    """A wiring on a clock that stands still, and a mocked endpoint that counts."""

    def __init__(self, answer: Handler | None = None) -> None:
        self.clock = StillClock()
        self.calls = 0
        self.closed = 0
        self._answer = answer or (lambda _: httpx.Response(200, json=completion()))
        world = self

        class Counted(httpx.MockTransport):
            def close(self) -> None:
                world.closed += 1

        self.wiring = Wiring(self.clock, Counted(self._count))

    def _count(self, request: httpx.Request) -> httpx.Response:
        self.calls += 1
        return self._answer(request)

    def ask(self, seconds: float = 1.0, *, say: str = "hello", **changes: object) -> str:
        """One call with one credential set; "ok", or the code of the error."""
        settings = settings_with(**changes)
        client = self.wiring.resources(settings).client
        request = ChatRequest(settings.model, (ChatMessage("user", say),), None, 50, "req-1")
        try:
            client.complete(request, Deadline(self.clock, seconds))
        except LlmError as error:
            return error.code.value
        return "ok"


def settings_with(**changes: object) -> Settings:
    given = {"api_key": KEY, "base_url": "https://api.example.com/v1", "rpm_limit": "60", **changes}
    return Settings.from_credentials({name: str(value) for name, value in given.items()})


def test_one_key_in_three_credential_sets_shares_one_limiter() -> None:
    world = World()
    sets = [{}, {"model": "other-model"}, {"deadline_seconds": "30", "prices": json.dumps({})}]

    answers = [world.ask(0.5, **sets[number % 3]) for number in range(30)]

    assert answers.count("ok") == world.calls == 5  # the burst that one set alone has
    assert set(answers) == {"ok", ErrorCode.RATE_LIMITED}


@pytest.mark.parametrize("other", [{"api_key": "sk-another-key"}, {"base_url": "https://api.example.com/v2"}])
def test_another_key_or_address_has_limits_of_its_own(other: dict[str, object]) -> None:
    world = World()
    while world.ask(0.5) == "ok":
        pass

    assert world.ask(0.5, **other) == "ok"


def test_the_same_address_written_in_two_ways_is_one_account() -> None:
    one, two = settings_with(), settings_with(base_url=" https://API.example.com:443/v1/chat/completions ")

    assert one.fingerprint == two.fingerprint
    assert one.identity != two.identity


def test_the_strictest_limits_of_the_sets_in_use_apply() -> None:
    world = World()
    world.ask(rpm_limit=6_000)
    world.ask(rpm_limit=60)

    answers = [world.ask(0.5, rpm_limit=6_000) for _ in range(20)]

    assert answers.count("ok") < 6


def test_a_set_that_an_admin_has_replaced_ceases_to_count_after_a_while() -> None:
    world = World()
    world.ask(rpm_limit=60)
    world.ask(rpm_limit=6_000)
    assert [world.ask(0.5, rpm_limit=6_000) for _ in range(20)].count("ok") < 6
    for _ in range(11):
        world.clock.sleep(60)
        world.ask(rpm_limit=6_000)

    assert [world.ask(0.5, rpm_limit=6_000) for _ in range(20)].count("ok") == 20


def test_a_model_that_fails_does_not_stop_the_calls_to_another() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if json.loads(request.content)["model"] == "broken":
            return httpx.Response(500)
        return httpx.Response(200, json=completion())

    world = World(answer)
    limits = {"rpm_limit": 100_000}
    while world.ask(model="broken", **limits) != ErrorCode.CIRCUIT_OPEN:
        world.clock.sleep(0.5)

    assert world.ask(model="broken", **limits) == ErrorCode.CIRCUIT_OPEN
    assert world.ask(model="sound", **limits) == "ok"


def test_a_breaker_that_one_set_has_opened_holds_for_all_sets_of_the_key() -> None:
    world = World(lambda _: httpx.Response(500))
    limits = {"rpm_limit": 100_000}
    while world.ask(**limits) != ErrorCode.CIRCUIT_OPEN:
        world.clock.sleep(0.5)
    calls = world.calls

    assert world.ask(deadline_seconds=30, **limits) == ErrorCode.CIRCUIT_OPEN
    assert world.calls == calls
    metrics = world.wiring.resources(settings_with(**limits)).metrics.text()
    assert 'approvals_llm_breaker_open{model="deepseek-v3.2"} 1.0' in metrics


def test_the_connections_of_an_account_are_closed_with_its_last_credential_set() -> None:
    world = World()
    world.ask(api_key="sk-first-key-one")
    world.ask(api_key="sk-first-key-one", model="two")
    for number in range(KEPT_AT_MOST - 1):
        world.wiring.resources(settings_with(api_key=f"sk-other-{number}"))
    assert world.closed == 0  # one set of the account was dropped, the other is still there

    world.wiring.resources(settings_with(api_key="sk-one-more"))

    assert world.closed == 1
    assert world.ask(api_key="sk-first-key-one") == "ok"


def test_a_database_is_closed_when_its_credential_set_is_dropped(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[str] = []
    monkeypatch.setattr("approvals.store.sql.store.SqlStore.close", lambda store: closed.append(repr(store)))
    world = World()
    world.wiring.resources(settings_with(store_url=f"sqlite:///{tmp_path}/approvals.db"))
    for number in range(KEPT_AT_MOST):
        world.wiring.resources(settings_with(api_key=f"sk-other-{number}"))

    assert len(closed) == 1


def test_a_check_of_credentials_leaves_nothing_open(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[str] = []
    monkeypatch.setattr("approvals.store.sql.store.SqlStore.close", lambda store: closed.append(repr(store)))
    world = World(lambda _: httpx.Response(401))

    with pytest.raises(ApprovalError):
        world.wiring.check(settings_with(store_url=f"sqlite:///{tmp_path}/approvals.db"))

    assert (len(closed), world.closed) == (1, 1)


def test_a_call_under_way_is_finished_when_its_credential_set_is_dropped() -> None:
    world = World()
    client = world.wiring.resources(settings_with()).client
    for number in range(KEPT_AT_MOST):
        world.wiring.resources(settings_with(api_key=f"sk-other-{number}"))
    request = ChatRequest("deepseek-v3.2", (ChatMessage("user", "hello"),), None, 50, "req-1")

    assert client.complete(request, Deadline(world.clock, 5)).text == "fine"


def test_a_kind_of_failure_is_the_same_whichever_set_meets_it() -> None:
    world = World(lambda _: httpx.Response(401))
    client = world.wiring.resources(settings_with()).client
    request = ChatRequest("deepseek-v3.2", (ChatMessage("user", "hello"),), None, 50, "req-1")

    with pytest.raises(LlmError) as caught:
        client.complete(request, Deadline(world.clock, 5))
    assert caught.value.kind is FailureKind.AUTH
