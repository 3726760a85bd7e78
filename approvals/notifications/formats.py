# SPDX-License-Identifier: Apache-2.0
"""A notice as each service takes it at its incoming webhook.

What people and models wrote goes into fields of plain text where a service has them, so that no text becomes a link, a
mention or a heading.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple

import httpx
from standardwebhooks.webhooks import Webhook

from approvals.domain.notices import Notice
from approvals.notifications.words import Told, told
from approvals.text.json_text import json_bytes

_WECOM_BYTES: Final = 2_048  # of a text message
_DINGTALK_BYTES: Final = 18_000
_SLACK_HEADER: Final = 150  # characters
_SLACK_FIELD: Final = 2_000


class NotifyFormat(StrEnum):
    """Whose incoming webhook `notify_url` is."""

    STANDARD_WEBHOOKS = "standard-webhooks"
    SLACK = "slack"
    TEAMS = "teams"
    FEISHU = "feishu"
    DINGTALK = "dingtalk"
    WECOM = "wecom"


class Message(NamedTuple):
    """One POST."""

    url: httpx.URL
    headers: Mapping[str, str]
    body: bytes


def _no_links(_notice: Notice) -> Sequence[Mapping[str, str]]:
    return ()


class Target(NamedTuple):
    """Where notices go. `secret` signs them, where the format signs; `public_url` is the address of the desk.

    `links` makes the personal links of a notice's approvers, as `email` and `url`. Only a system of one's own gets
    them: in a chat, whoever reads a link could decide in its person's name.
    """

    url: httpx.URL
    kind: NotifyFormat
    secret: str
    public_url: str
    links: Callable[[Notice], Sequence[Mapping[str, str]]] = _no_links


def message_of(notice: Notice, target: Target, now: datetime) -> Message:
    """The POST that tells a notice, signed now."""
    url, headers, body = _FORMATS[target.kind](notice, target, now)
    common = {"Content-Type": "application/json; charset=utf-8", "X-Correlation-Id": notice.correlation_id}
    return Message(url, {name: value for name, value in (common | headers).items() if value}, body)


def refused_in(kind: NotifyFormat, body: bytes) -> str:
    """Why a service did not take a message that it answered with 200; "" when it did."""
    field = _ERROR_FIELDS.get(kind)
    if field is None:
        return ""
    try:
        said = json.loads(body)
    except ValueError:
        return "the answer is no JSON"
    code = said.get(field, 0) if isinstance(said, dict) else None
    return "" if code == 0 else f"the service answered {field} {code!r}"


_ERROR_FIELDS: Final = {
    NotifyFormat.FEISHU: "code",
    NotifyFormat.DINGTALK: "errcode",
    NotifyFormat.WECOM: "errcode",
}

type _Parts = tuple[httpx.URL, dict[str, str], bytes]


def _standard(notice: Notice, target: Target, now: datetime) -> _Parts:
    """https://www.standardwebhooks.com: type, timestamp, data, and three headers."""
    data = notice.model_dump(
        mode="json", exclude={"notice_id", "kind", "language", "attempts", "next_at", "correlation_id"}
    )
    if target.public_url:
        data["url"] = told(notice, target.public_url).url
    data["links"] = [dict(link) for link in target.links(notice)]
    body = json_bytes({"type": f"approval.{notice.kind}", "timestamp": data["at"], "data": data})
    message_id = f"msg_{hashlib.sha256(notice.notice_id.encode()).hexdigest()[:32]}"
    signature = Webhook(target.secret).sign(message_id, now, body.decode())
    signed = {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature,
    }
    return target.url, signed, body


def _slack(notice: Notice, target: Target, now: datetime) -> _Parts:
    words = told(notice, target.public_url)
    blocks: list[dict[str, Any]] = [{"type": "header", "text": _slack_text(words.headline[:_SLACK_HEADER])}]
    if words.facts:
        fields = [_slack_text(f"{name}: {value}"[:_SLACK_FIELD]) for name, value in words.facts]
        blocks.append({"type": "section", "fields": fields})
    if words.url:
        button = {"type": "button", "text": _slack_text(words.link), "url": words.url}
        blocks.append({"type": "actions", "elements": [button]})
    fallback = words.headline.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return target.url, {}, json_bytes({"text": fallback, "blocks": blocks})


def _slack_text(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}


def _teams(notice: Notice, target: Target, now: datetime) -> _Parts:
    """An Adaptive Card in the message that a Teams workflow takes. A text run shows no markup."""
    words = told(notice, target.public_url)
    lines = [words.headline, *(f"{name}: {value}" for name, value in words.facts)]
    runs = [
        {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": line, "weight": weight}]}
        for line, weight in zip(lines, ["Bolder", *["Default"] * len(words.facts)], strict=True)
    ]
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": runs,
    }
    if words.url:
        card["actions"] = [{"type": "Action.OpenUrl", "title": words.link, "url": words.url}]
    attachment = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": card,
    }
    return target.url, {}, json_bytes({"type": "message", "attachments": [attachment]})


def _feishu(notice: Notice, target: Target, now: datetime) -> _Parts:
    """A card; `sign` is an HMAC of nothing, with time and secret as its key."""
    words = told(notice, target.public_url)
    elements: list[dict[str, Any]] = [
        {"tag": "div", "text": _feishu_text(f"{name}: {value}")} for name, value in words.facts
    ]
    if words.url:
        button = {"tag": "button", "text": _feishu_text(words.link), "url": words.url, "type": "primary"}
        elements.append({"tag": "action", "actions": [button]})
    header = {"title": _feishu_text(words.headline), "template": "blue"}
    card = {"config": {"wide_screen_mode": True}, "header": header, "elements": elements}
    body: dict[str, Any] = {"msg_type": "interactive", "card": card}
    if target.secret:
        at = str(int(now.timestamp()))
        body = {"timestamp": at, "sign": _base64_hmac(f"{at}\n{target.secret}", ""), **body}
    return target.url, {}, json_bytes(body)


def _feishu_text(text: str) -> dict[str, str]:
    return {"tag": "plain_text", "content": text}


def _dingtalk(notice: Notice, target: Target, now: datetime) -> _Parts:
    """Text; time in milliseconds and signature go into the query."""
    url = target.url
    if target.secret:
        at = str(int(now.timestamp() * 1_000))
        sign = _base64_hmac(target.secret, f"{at}\n{target.secret}")
        url = url.copy_merge_params({"timestamp": at, "sign": sign})
    content = _cut(_plain(told(notice, target.public_url)), _DINGTALK_BYTES)
    return url, {}, json_bytes({"msgtype": "text", "text": {"content": content}})


def _wecom(notice: Notice, target: Target, now: datetime) -> _Parts:
    content = _cut(_plain(told(notice, target.public_url)), _WECOM_BYTES)
    return target.url, {}, json_bytes({"msgtype": "text", "text": {"content": content}})


def _plain(words: Told) -> str:
    """The link comes before the facts, so that no cut takes it away."""
    return "\n".join([words.headline, *([words.url] if words.url else []), *map(": ".join, words.facts)])


def _cut(text: str, size: int) -> str:
    data = text.encode()
    return text if len(data) <= size else data[: size - 3].decode(errors="ignore") + "…"


def _base64_hmac(key: str, message: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), message.encode(), hashlib.sha256).digest()).decode()


_FORMATS: Final[Mapping[NotifyFormat, Callable[[Notice, Target, datetime], _Parts]]] = {
    NotifyFormat.STANDARD_WEBHOOKS: _standard,
    NotifyFormat.SLACK: _slack,
    NotifyFormat.TEAMS: _teams,
    NotifyFormat.FEISHU: _feishu,
    NotifyFormat.DINGTALK: _dingtalk,
    NotifyFormat.WECOM: _wecom,
}
