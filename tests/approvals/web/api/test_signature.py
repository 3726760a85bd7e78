# SPDX-License-Identifier: Apache-2.0
"""What JavaScript signs is verified here, and what is signed here is what JavaScript signs.

`signed_by_javascript.json` was made by the package `standardwebhooks` 1.1.1 of npm, so that the check needs no Node.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from standardwebhooks import webhooks

from approvals.web.api.signature import require_signature
from approvals.web.errors import HttpError
from approvals.web.http import HttpRequest
from approvals.web.settings import EndpointSettings

SIGNED = json.loads(Path(__file__).with_name("signed_by_javascript.json").read_text(encoding="utf-8"))
SETTINGS = EndpointSettings(signing_secrets=(SecretStr(SIGNED["secret"]),))


def request_with(message: dict[str, Any]) -> HttpRequest:
    headers = {
        "webhook-id": message["id"],
        "webhook-timestamp": str(message["timestamp"]),
        "webhook-signature": message["signature"],
    }
    return HttpRequest("POST", "/v1/approvals/PO-1/events", headers=headers, body=message["body"].encode())


class Then(datetime):
    """The moment at which the messages were signed."""

    @classmethod
    def now(cls, tz: Any = None) -> datetime:  # noqa: ARG003 - the signature of what it stands in for
        return datetime.fromtimestamp(SIGNED["messages"][0]["timestamp"], UTC)


@pytest.mark.parametrize("message", SIGNED["messages"])
def test_a_message_that_javascript_signed_is_verified(
    message: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "datetime", Then)
    assert require_signature(request_with(message), SETTINGS) == message["id"]


@pytest.mark.parametrize("message", SIGNED["messages"])
def test_the_signatures_of_both_languages_are_the_same(message: dict[str, Any]) -> None:
    at = datetime.fromtimestamp(message["timestamp"], UTC)
    ours = webhooks.Webhook(SIGNED["secret"]).sign(message["id"], at, message["body"])
    assert ours == message["signature"]


@given(
    st.dictionaries(st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature"]), st.text()),
    st.binary(),
)
def test_whatever_stands_in_the_headers_is_refused_and_never_an_error_of_ours(
    headers: dict[str, str], body: bytes
) -> None:
    with pytest.raises(HttpError) as caught:
        require_signature(HttpRequest("POST", "/", headers=headers, body=body), SETTINGS)
    assert caught.value.code == "bad_signature"
