# SPDX-License-Identifier: Apache-2.0
"""The secrets of a call's credentials are hidden in every form, and nothing else is changed."""

import base64
import html
import json
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.telemetry import redaction
from approvals.telemetry.redaction import HIDDEN, hide_secrets, redact, redacting
from approvals.telemetry.secret_forms import secrets_in

KEY = 'Zq7/tR+2"x_K9pLmW4vB'
FORMS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "as JSON": json.dumps,
    "JSON in JSON": lambda key: json.dumps(json.dumps(key)),
    "JSON with slashes escaped": lambda key: json.dumps(key).replace("/", "\\/"),
    "every character as \\u": lambda key: "".join(f"\\u{ord(character):04x}" for character in key),
    "URL-encoded": lambda key: quote(key, safe=""),
    "URL-encoded twice": lambda key: quote(quote(key, safe=""), safe=""),
    "every character as %XX": lambda key: "".join(f"%{ord(character):02X}" for character in key),
    "HTML": html.escape,
    "base64": lambda key: base64.b64encode(key.encode()).decode(),
    "base64 for URLs": lambda key: base64.urlsafe_b64encode(key.encode()).decode(),
    "base64 of a header": lambda key: base64.b64encode(f"Bearer {key}".encode()).decode(),
    "base64 of user and key": lambda key: base64.b64encode(f"me:{key}".encode()).decode(),
    "wrapped": lambda key: f"{key[:9]}\n{key[9:]}",
    "wrapped in JSON": lambda key: json.dumps(f"{key[:9]}\r\n{key[9:]}"),
    "its beginning": lambda key: key[:12] + "…",
    "its end": lambda key: "…" + key[-9:],
    "in a URL": lambda key: f"https://me:{quote(key)}@host/v1",
    "repeated": lambda key: key * 3,
}


def is_told(text: str) -> bool:
    """Whether a reader could put eight characters in a row of the key together."""
    plain = text.replace("\\/", "/").replace('\\"', '"').replace("\n", "").replace("\\r\\n", "")
    forms = [KEY, quote(KEY, safe=""), base64.b64encode(KEY.encode()).decode()]
    return any(form[start : start + 8] in plain for form in forms for start in range(len(form) - 7))


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_key_is_hidden_in_every_form(form: Callable[[str], str]) -> None:
    said = f"the key {form(KEY)} was refused"

    with redacting({"api_key": KEY}):
        seen = redact(said)

    assert HIDDEN in seen
    assert not is_told(seen)
    assert seen.startswith("the key ")
    assert seen.endswith(" was refused")


def test_a_value_is_searched_at_every_depth() -> None:
    with redacting({"api_key": KEY}):
        seen = hide_secrets({"a": [{"b": f"x {KEY}"}], "n": 5, "none": None, "yes": True})

    assert seen == {"a": [{"b": f"x {HIDDEN}"}], "n": 5, "none": None, "yes": True}


def test_secrets_belong_to_the_credentials_of_a_call() -> None:
    with redacting({"api_key": KEY}):
        with redacting({"api_key": "another-key-of-another-workspace"}):
            assert redact(f"said {KEY}") == f"said {KEY}"
        assert redact(f"said {KEY}") == f"said {HIDDEN}"
    assert redact(f"said {KEY}") == f"said {KEY}"


def test_a_thousand_other_credential_sets_make_no_difference() -> None:
    for number in range(1_005):
        with redacting({"api_key": f"key-number-{number:06}"}):
            pass
    with redacting({"api_key": KEY}):
        assert KEY not in redact(KEY)


@pytest.mark.parametrize("word", ["response_format", "json_schema", "Bearer", "approved", "manager", "short"])
def test_words_that_a_protocol_uses_are_no_secrets(word: str) -> None:
    with redacting({"api_key": word}):
        assert redact(f"unknown parameter {word}") == f"unknown parameter {word}"


@pytest.mark.parametrize(
    "advice",
    ["the bearer token is missing", "send Authorization: Bearer <api_token>", "Bearer tokens expire"],
)
def test_advice_about_a_bearer_token_stays_readable(advice: str) -> None:
    assert redact(advice) == advice


@pytest.mark.parametrize(
    ("field", "value", "secrets"),
    [
        ("api_key", " abcdefgh ", {"abcdefgh"}),
        ("ledger_key", "abcdefgh", {"abcdefgh"}),
        ("notify_secret", "whsec_abcdefgh", {"whsec_abcdefgh"}),
        ("api_token", "abcdefgh", {"abcdefgh"}),
        ("store_url", "postgresql://me:hunter2@db.example.com/name", {"hunter2"}),
        ("store_url", "postgresql://me:hunt@er2secret@db/name", {"hunt@er2secret", "er2secret"}),
        ("store_url", "postgresql://me:hunt/er2secret@db/name", {"hunt/er2secret", "er2secret"}),
        ("redis_url", "redis://:hunter%402@cache:6379/0", {"hunter%402", "hunter@2"}),
        ("base_url", "https://me:hunter2@[::1/v1", {"hunter2"}),
        ("base_url", "https://api.example.com/v1?key=abcdefgh", {"abcdefgh"}),
        ("base_url", "https://api.example.com/T0kenOfTenant/v1", {"T0kenOfTenant"}),
        ("model", "deepseek-v3.2", set()),
        ("base_url", "https://api.example.com/v1", set()),
        ("api_key", None, set()),
    ],
)
def test_what_is_secret_in_credentials(field: str, value: str | None, secrets: set[str]) -> None:
    assert secrets_in({field: value}) == secrets


@given(st.text())
def test_text_without_the_secret_stays_as_it_is(text: str) -> None:
    with redacting({"api_key": KEY}):
        assert hide_secrets(text) == text


@given(st.text(), st.text('abcXYZ019/+\\"%&#', min_size=12, max_size=40), st.text())
def test_any_secret_is_hidden_wherever_it_stands(before: str, secret: str, after: str) -> None:
    with redacting({"api_key": secret}):
        seen = hide_secrets(f"{before} {secret} {after}")

    if secrets_in({"api_key": secret}):
        assert secret not in seen or secret in before + after


@given(st.from_regex(redaction._LOOKS_SECRET))
def test_whatever_looks_like_a_secret_is_hidden(text: str) -> None:
    assert HIDDEN in redact(text)
    assert redact(text) == redaction._LOOKS_SECRET.sub(lambda found: f"{found['keep'] or ''}{HIDDEN}", text)


@given(st.text())
def test_any_other_text_stays_as_it_is_without_the_words(text: str) -> None:
    if not redaction._LOOKS_SECRET.search(text):
        assert redact(text) == text
