# SPDX-License-Identifier: Apache-2.0
"""HTTP status and error text to the failure they mean, as OpenAI-compatible endpoints use them."""

import json
import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from approvals.errors import shown
from approvals.llm.exchange import HttpReply
from approvals.llm.failures import CallFailure, FailureKind
from approvals.telemetry import redact

_KINDS: Final = {
    401: FailureKind.AUTH,
    402: FailureKind.NO_BUDGET,
    403: FailureKind.AUTH,
    404: FailureKind.PATH_UNKNOWN,
    408: FailureKind.TRY_AGAIN,
    409: FailureKind.TRY_AGAIN,
    425: FailureKind.TRY_AGAIN,
    429: FailureKind.RATE_LIMITED,
}
_MODEL_UNKNOWN: Final = re.compile(
    r"model_not_found|model.{0,80}(not exist|not found|unknown|invalid)|(unknown|invalid|no such) model",
    re.IGNORECASE | re.DOTALL,
)
_OUT_OF_MONEY: Final = re.compile(r"insufficient_(quota|balance|credit)|billing", re.IGNORECASE)
_READ_CHARACTERS: Final = 10_000
_SHOWN_CHARACTERS: Final = 200
_ADVICE: Final = {
    FailureKind.AUTH: "Check api_key in the plugin's credentials.",
    FailureKind.NO_BUDGET: "Top up the account or raise its spending limit.",
    FailureKind.PATH_UNKNOWN: "Check base_url: there is nothing to answer chat completions at that path.",
    FailureKind.MODEL_UNKNOWN: "Check the model's name in the plugin's credentials or the tool's parameter.",
    FailureKind.RATE_LIMITED: "Lower rpm_limit and tpm_limit to what your plan allows, or try again later.",
    FailureKind.REQUEST_REFUSED: "Shorten or change the content, or choose another model.",
    FailureKind.TRY_AGAIN: "Try again later.",
    FailureKind.SERVER_ERROR: "Try again later.",
}


@dataclass(frozen=True, slots=True)
class Complaint:
    """What an endpoint says is wrong, with the key taken out. `everything` is for recognising, never for showing."""

    message: str
    everything: str


class StatusFailure(CallFailure):
    """An attempt that was answered with an error status."""

    def __init__(
        self, kind: FailureKind, message: str, status: int, complaint: str, retry_after: float | None
    ) -> None:
        super().__init__(kind, message, retry_after=retry_after)
        self.status = status
        self.complaint = complaint

    @property
    def is_about_the_request(self) -> bool:
        """The endpoint understood and found fault with what was asked, not with who asked or how often."""
        return self.status in (400, 422)


def failure_for(reply: HttpReply, url: str, model: str, now: datetime) -> StatusFailure:
    """The failure that a reply with any status but 200 means. A key that the endpoint quotes is kept out of it."""
    status = reply.status
    if 300 <= status < 400:  # noqa: PLR2004
        return _redirect(reply, url)
    complaint = read_complaint(reply.body)
    kind = _kind(status, complaint.everything)
    subject = f" for model {shown(model)}" if kind is FailureKind.MODEL_UNKNOWN else ""
    # A refused key may be quoted in part, which cannot be found and taken out.
    said = f": {complaint.message}" if complaint.message and status != 401 else ""  # noqa: PLR2004
    message = f"{url} answered {status}{subject}{said}. {_ADVICE.get(kind, 'Check base_url.')}"
    return StatusFailure(kind, message, status, complaint.everything, retry_after(reply.headers, now))


def _kind(status: int, text: str) -> FailureKind:
    if status >= 500:  # noqa: PLR2004
        return FailureKind.SERVER_ERROR
    if status < 400:  # noqa: PLR2004
        return FailureKind.REPLY_MALFORMED
    if status in (400, 404, 422) and _MODEL_UNKNOWN.search(text):
        return FailureKind.MODEL_UNKNOWN
    if status in (403, 429) and _OUT_OF_MONEY.search(text):
        return FailureKind.NO_BUDGET
    return _KINDS.get(status, FailureKind.REQUEST_REFUSED)


def _redirect(reply: HttpReply, url: str) -> StatusFailure:
    """Never followed: the key would go along to whoever is named."""
    location = reply.headers.get("location", "")
    try:
        host = urlsplit(location).hostname
    except ValueError:
        host = None
    where = f"to {shown(host)}" if host else "elsewhere"
    message = (
        f"{url} answered {reply.status} and points {where}. Redirects are not followed, since the key would go along. "
        "Set base_url to the final address."
    )
    return StatusFailure(FailureKind.REDIRECT, message, reply.status, "", None)


def read_complaint(body: bytes) -> Complaint:
    """What an error's body says: `{"error": {"message", "code", …}}`, its many variants, or plain text."""
    text = body.decode("utf-8", "replace")[:_READ_CHARACTERS]
    try:
        message = _message(json.loads(text))
    except (ValueError, RecursionError):
        message = "" if "<" in text[:200] else text  # a web page helps nobody
    return Complaint(_on_one_line(redact(message)), redact(text))


def _message(document: Any) -> str:
    match document:
        case {"error": {"message": str(message)}}:
            return message
        case {"error": str(message)} | {"message": str(message)} | {"detail": str(message)}:
            return message
    return ""


def _on_one_line(text: str) -> str:
    line = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    return line[:_SHOWN_CHARACTERS].rstrip(".") + ("…" if len(line) > _SHOWN_CHARACTERS else "")


def retry_after(headers: httpx.Headers, now: datetime) -> float | None:
    """Seconds to wait, by `retry-after-ms` or by `Retry-After` (RFC 9110 10.2.3: seconds or a date), or None."""
    milliseconds = _seconds(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    value = headers.get("retry-after", "")
    seconds = _seconds(value)
    if seconds is not None or not value:
        return seconds
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())


def _seconds(value: str) -> float | None:
    try:
        seconds = float(value)
    except ValueError:
        return None
    return max(0.0, seconds) if math.isfinite(seconds) else None
