# SPDX-License-Identifier: Apache-2.0
"""A script says which request gets which outcome, in the process and over the control route."""

import json
from pathlib import Path

import httpx
import pytest
from pydantic import ValidationError

from devkit.llm_stub import LlmStub, Outcome, Rule, ScriptDocument
from devkit.llm_stub.delivery import DELIVERIES
from devkit.llm_stub.distortions import WORDS, WRAPPINGS
from devkit.llm_stub.refusals import REFUSALS

from .calls import chat, post, request


def statuses(stub: LlmStub, count: int) -> list[int]:
    return [post(stub).status_code for _ in range(count)]


def test_every_outcome_is_played_by_something() -> None:
    by_the_endpoint = {Outcome.OK, Outcome.LATENCY, Outcome.WRAPPED, Outcome.EVENTS}

    assert by_the_endpoint | REFUSALS.keys() | WORDS.keys() | WRAPPINGS.keys() | DELIVERIES.keys() == set(
        Outcome
    )


def test_steps_are_played_in_order_and_then_it_is_good_again(stub: LlmStub) -> None:
    stub.script(Outcome.STATUS_503, Outcome.OK, Rule(outcome=Outcome.STATUS_500, times=2))

    assert stub.rules_left == 4
    assert statuses(stub, 5) == [503, 200, 500, 500, 200]
    assert stub.rules_left == 0


def test_always_holds_between_the_steps_until_cleared(stub: LlmStub) -> None:
    stub.always(Outcome.STATUS_529)
    stub.script(Outcome.OK)

    assert statuses(stub, 3) == [200, 529, 529]
    stub.clear()
    assert statuses(stub, 1) == [200]


def test_a_rule_can_wait_for_the_nth_request(stub: LlmStub) -> None:
    stub.script(Outcome.STATUS_502, nth=3)
    assert statuses(stub, 4) == [200, 200, 502, 200]

    stub.clear()
    stub.script(Outcome.STATUS_502, nth=2)
    assert statuses(stub, 3) == [200, 502, 200]


def test_a_rule_can_be_for_one_model(stub: LlmStub) -> None:
    stub.always(Outcome.STATUS_500, model="strong")

    assert post(stub, chat(model="cheap")).status_code == 200
    assert post(stub, chat(model="strong")).status_code == 500


def test_a_rule_can_be_for_words_in_the_content(stub: LlmStub) -> None:
    stub.always(Outcome.STATUS_500, contains='the "red" one')

    assert post(stub, chat(request(content='A desk, the "red" one'))).status_code == 500
    assert post(stub, chat(request(content="A desk, the red one"))).status_code == 200


def test_a_latency_can_be_given_to_one_request() -> None:
    with LlmStub(latency_ms=5_000) as stub:
        stub.script(Outcome.LATENCY, latency_ms=1)
        assert post(stub, seconds=2).status_code == 200


def test_a_bad_rule_is_refused_by_name(stub: LlmStub) -> None:
    with pytest.raises(ValidationError, match="tines"):
        stub.script(Outcome.OK, tines=2)
    with pytest.raises(ValidationError, match="times"):
        stub.script(Outcome.OK, times=0)


def test_a_script_comes_over_the_control_route(stub: LlmStub) -> None:
    control = f"http://127.0.0.1:{stub.port}/__script"
    script = {"rules": [{"outcome": "status_500", "times": 2}, {"outcome": "status_529", "times": None}]}

    assert httpx.post(control, json=script, trust_env=False).json() == {"rules_left": 2}
    assert statuses(stub, 3) == [500, 500, 529]
    httpx.post(control, json={"clear": True, "forget": True}, trust_env=False)
    assert (stub.requests.count, statuses(stub, 1)) == (0, [200])


@pytest.mark.parametrize("script", [b"", b"[]", b'{"rules": [{"outcome": "nice"}]}', b'{"rulez": []}'])
def test_a_bad_script_is_a_400_and_changes_nothing(stub: LlmStub, script: bytes) -> None:
    control = f"http://127.0.0.1:{stub.port}/__script"

    assert httpx.post(control, content=script, trust_env=False).status_code == 400
    assert statuses(stub, 1) == [200]


def test_a_web_page_may_not_control_it(stub: LlmStub) -> None:
    control = f"http://127.0.0.1:{stub.port}/__script"
    answer = httpx.post(control, json={}, headers={"Origin": "https://example.com"}, trust_env=False)

    assert answer.status_code == 403
    assert stub.requests.count == 0


def test_the_counts_come_over_the_control_route(stub: LlmStub) -> None:
    post(stub)
    stats = httpx.get(f"http://127.0.0.1:{stub.port}/__stats", trust_env=False).json()

    assert (stats["count"], stats["max_in_flight"], stats["in_flight"]) == (1, 1, 0)
    assert stats["cpu_seconds"] > 0


def test_a_script_is_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "script.json"
    file.write_text(json.dumps({"rules": [{"outcome": "drip", "seconds": 0.5}]}))

    (rule,) = ScriptDocument.read(file).rules

    assert (rule.outcome, rule.seconds, rule.times) == (Outcome.DRIP, 0.5, 1)
