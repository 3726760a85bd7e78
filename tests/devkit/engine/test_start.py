# SPDX-License-Identifier: Apache-2.0
from typing import Any

import pytest

from devkit.engine import StartFormError
from devkit.engine.start import start_values
from tests.devkit.engine.worlds import start

FORM = start(
    {"name": "who", "type": "text-input", "required": True, "max_length": 5},
    {"name": "kind", "type": "select", "options": ["a", "b"], "default": "a"},
    {"name": "amount", "type": "number", "default": ""},
    {"name": "sure", "type": "checkbox"},
)


def test_a_form_gives_every_field_a_value() -> None:
    assert start_values(FORM, {"who": "Mia"}) == {"who": "Mia", "kind": "a", "amount": None, "sure": None}
    assert start_values(FORM, {"who": "Mia", "amount": "12.5", "sure": "yes"})["amount"] == 12.5


@pytest.mark.parametrize(("given", "value"), [("12", 12), (" ", None), (7, 7), ("1.50", 1.5)])
def test_numbers_come_from_text(given: Any, value: Any) -> None:
    assert start_values(FORM, {"who": "Mia", "amount": given})["amount"] == value


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"who": None}, "who is required"),
        ({"who": "Miriam"}, "who in input form has 6 characters; 5"),
        ({"who": 5}, "who in input form must be a string, found 5"),
        ({"kind": "c"}, "kind in input form is 'c'; allowed: a, b"),
        ({"amount": "1e5"}, "amount in input form must be a number, found '1e5'"),
        ({"amount": [1]}, "amount in input form must be a number"),
    ],
)
def test_what_dify_refuses_is_refused_with_the_field(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(StartFormError, match=complaint):
        start_values(FORM, {"who": "Mia", **changes})


def test_nul_characters_are_taken_out() -> None:
    assert start_values(FORM, {"who": "M\x00ia"})["who"] == "Mia"


@pytest.mark.parametrize(("given", "value"), [("on", True), (0, False), (True, True), ("maybe", "maybe")])
def test_checkboxes_know_their_words(given: Any, value: Any) -> None:
    assert start_values(FORM, {"who": "Mia", "sure": given})["sure"] == value


def test_a_webhook_offers_its_declared_parts_and_the_raw_payload() -> None:
    hook = {
        "type": "trigger-webhook",
        "headers": [{"name": "X-Source", "required": True}],
        "body": [{"name": "amount", "type": "number"}, {"name": "note", "type": "string"}],
    }
    payload = {"X-Source": "erp", "amount": 12}

    assert start_values(hook, payload) == {"X_Source": "erp", "amount": 12, "_webhook_raw": payload}
    with pytest.raises(StartFormError, match="'X-Source'"):
        start_values(hook, {"amount": 12})


def test_a_schedule_has_no_values() -> None:
    assert start_values({"type": "trigger-schedule"}, {}) == {}
