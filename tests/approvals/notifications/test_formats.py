# SPDX-License-Identifier: Apache-2.0
"""Each format has the shape that its service publishes, and nothing that people wrote becomes markup."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook

from approvals.domain.notices import Notice, NoticeKind
from approvals.domain.terms import Language, State
from approvals.notifications.formats import Message, NotifyFormat, Target, message_of, refused_in
from approvals.notifications.words import told

NOW = datetime(2026, 11, 29, 12, 0, 30, 500_000, tzinfo=UTC)
SECRET = "whsec_" + base64.b64encode(b"k" * 24).decode()
DESK = "https://dify.example.com/e/abc"
HOSTILE = "<!channel> <at id=all></at> [x](http://evil.example) *b* @all\n# heading & <b>"


def notice(**changes: Any) -> Notice:
    facts: dict[str, Any] = {
        "notice_id": "PO-1/3",
        "kind": NoticeKind.OPENED,
        "request_id": "PO-1",
        "at": NOW,
        "sequence": 3,
        "entry_hash": "ab" * 32,
        "state": State.UNDER_REVIEW,
        "level": "director",
        "title": "CFO",
        "approver_emails": ("dan@example.com",),
        "requester": "Mia",
        "amount": "640.00",
        "currency": "EUR",
        "risk": "medium",
        "summary": "A desk.",
        "deadline_at": NOW,
        "correlation_id": "order-7",
    }
    return Notice.model_validate({**facts, **changes})


def sent(
    kind: NotifyFormat, secret: str = "", url: str = "https://hooks.example.com/x?key=1", **changes: Any
) -> Message:
    return message_of(notice(**changes), Target(httpx.URL(url), kind, secret, DESK), NOW)


def test_standard_webhooks_is_signed_and_says_the_head_of_the_ledger() -> None:
    now = datetime.now(UTC)
    message = message_of(
        notice(), Target(httpx.URL("https://a.example/x"), NotifyFormat.STANDARD_WEBHOOKS, SECRET, DESK), now
    )

    body = Webhook(SECRET).verify(message.body, dict(message.headers))

    assert body["type"] == "approval.opened"
    assert body["timestamp"] == "2026-11-29T12:00:30.500000Z"
    data = body["data"]
    assert (data["request_id"], data["sequence"], data["entry_hash"]) == ("PO-1", 3, "ab" * 32)
    assert data["url"] == f"{DESK}/desk/PO-1"
    assert message.headers["X-Correlation-Id"] == "order-7"


def test_only_a_system_of_ones_own_gets_the_personal_links() -> None:
    links = [{"email": "dan@example.com", "url": f"{DESK}/d/secret-link"}]
    for kind in NotifyFormat:
        secret = SECRET if kind is NotifyFormat.STANDARD_WEBHOOKS else ""
        target = Target(httpx.URL("https://a.example"), kind, secret, DESK, lambda _: links)
        body = message_of(notice(), target, NOW).body.decode()
        assert ("secret-link" in body) == (kind is NotifyFormat.STANDARD_WEBHOOKS)


def test_an_attempt_made_again_has_the_same_id_and_a_signature_of_its_own() -> None:
    first, again = (
        message_of(
            notice(), Target(httpx.URL("https://a.example"), NotifyFormat.STANDARD_WEBHOOKS, SECRET, ""), at
        )
        for at in (NOW, NOW.replace(hour=13))
    )
    assert first.headers["webhook-id"] == again.headers["webhook-id"]
    assert first.headers["webhook-signature"] != again.headers["webhook-signature"]


def test_slack_takes_a_text_and_blocks() -> None:
    # https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
    body = json.loads(sent(NotifyFormat.SLACK).body)
    assert set(body) == {"text", "blocks"}
    assert [block["type"] for block in body["blocks"]] == ["header", "section", "actions"]
    assert len(body["blocks"][1]["fields"]) <= 10
    assert body["blocks"][2]["elements"][0]["url"] == f"{DESK}/desk/PO-1"


def test_teams_takes_an_adaptive_card_in_a_message() -> None:
    # https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook
    body = json.loads(sent(NotifyFormat.TEAMS).body)
    assert body["type"] == "message"
    [attachment] = body["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attachment["content"]
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    assert card["actions"] == [
        {"type": "Action.OpenUrl", "title": "Open the request", "url": f"{DESK}/desk/PO-1"}
    ]


def test_feishu_takes_a_signed_card() -> None:
    # https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot
    body = json.loads(sent(NotifyFormat.FEISHU, "secret").body)
    key = f"{body['timestamp']}\nsecret".encode()
    assert body["timestamp"] == str(int(NOW.timestamp()))
    assert body["sign"] == base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()
    assert body["msg_type"] == "interactive"
    assert body["card"]["header"]["title"] == {"tag": "plain_text", "content": "PO-1 waits for CFO"}
    assert "sign" not in json.loads(sent(NotifyFormat.FEISHU).body)


def test_dingtalk_takes_its_signature_in_the_query() -> None:
    # https://open.dingtalk.com/document/robots/customize-robot-security-settings
    message = sent(NotifyFormat.DINGTALK, "SECabc", "https://oapi.dingtalk.com/robot/send?access_token=t")
    at = str(int(NOW.timestamp() * 1000))
    digest = hmac.new(b"SECabc", f"{at}\nSECabc".encode(), hashlib.sha256).digest()
    assert dict(message.url.params) == {
        "access_token": "t",
        "timestamp": at,
        "sign": base64.b64encode(digest).decode(),
    }
    body = json.loads(message.body)
    assert body["msgtype"] == "text"
    assert set(body["text"]) == {"content"}


def test_wecom_takes_a_text_of_2048_bytes() -> None:
    # https://developer.work.weixin.qq.com/document/path/91770
    body = json.loads(sent(NotifyFormat.WECOM, reason="长" * 500, summary="长" * 300).body)
    assert body["msgtype"] == "text"
    assert len(body["text"]["content"].encode()) <= 2_048
    assert f"{DESK}/desk/PO-1" in body["text"]["content"]


@pytest.mark.parametrize("kind", [NotifyFormat.SLACK, NotifyFormat.TEAMS, NotifyFormat.FEISHU])
def test_what_people_wrote_stands_only_in_fields_of_plain_text(kind: NotifyFormat) -> None:
    plain = {
        NotifyFormat.SLACK: "plain_text",
        NotifyFormat.TEAMS: "TextRun",
        NotifyFormat.FEISHU: "plain_text",
    }[kind]
    body = json.loads(sent(kind, requester=HOSTILE, summary=HOSTILE, reason=HOSTILE, request_id=HOSTILE).body)

    def texts(value: Any, inside: str = "") -> list[tuple[str, str]]:
        if isinstance(value, dict):
            here = str(value.get("tag") or value.get("type") or "")
            return [
                found
                for key, part in value.items()
                for found in texts(part, here if key in {"text", "content"} else "")
            ]
        if isinstance(value, list):
            return [found for part in value for found in texts(part)]
        return [(inside, value)] if isinstance(value, str) else []

    hostile = [(inside, text) for inside, text in texts(body) if "evil.example" in text and DESK not in text]
    fallback = [text for inside, text in hostile if not inside]
    assert {inside for inside, _ in hostile if inside} <= {plain}
    assert all("<" not in text for text in fallback)


@given(
    st.sampled_from(NotifyFormat),
    st.sampled_from(Language),
    st.sampled_from(NoticeKind),
    st.sampled_from(State),
    st.text(max_size=400),
)
def test_any_notice_can_be_said_in_any_format(
    kind: NotifyFormat, language: Language, what: NoticeKind, state: State, text: str
) -> None:
    secret = SECRET if kind is NotifyFormat.STANDARD_WEBHOOKS else ""
    message = sent(kind, secret, language=language, state=state, summary=text, requester=text)
    assert json.loads(message.body)
    assert told(notice(kind=what, language=language, state=state), "").headline


@pytest.mark.parametrize(
    ("kind", "body", "taken"),
    [
        (NotifyFormat.SLACK, b"ok", True),
        (NotifyFormat.TEAMS, b"", True),
        (NotifyFormat.FEISHU, b'{"code": 0, "msg": "success"}', True),
        (NotifyFormat.FEISHU, b'{"StatusCode": 0, "StatusMessage": "success"}', True),
        (NotifyFormat.FEISHU, b'{"code": 19021, "msg": "sign match fail"}', False),
        (NotifyFormat.DINGTALK, b'{"errcode": 0, "errmsg": "ok"}', True),
        (NotifyFormat.DINGTALK, b'{"errcode": 310000, "errmsg": "keywords not in content"}', False),
        (NotifyFormat.WECOM, b'{"errcode": 93000, "errmsg": "invalid webhook url"}', False),
        (NotifyFormat.WECOM, b"<html>", False),
    ],
)
def test_a_refusal_behind_200_is_none_the_less_one(kind: NotifyFormat, body: bytes, taken: bool) -> None:
    assert (refused_in(kind, body) == "") is taken
