# SPDX-License-Identifier: Apache-2.0
"""The failure that a reply means which is no completion, in words for whoever has to do something about it."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from approvals.errors import shown
from approvals.llm.failures import CallFailure, FailureKind, Remedy
from approvals.llm.reply.classify import Feature, Verdict, classify
from approvals.llm.reply.complaint import Complaint
from approvals.telemetry import redact

_SHOWN_CHARACTERS: Final = 200
_KEY_LIKE: Final = re.compile(
    r"\*|\bsk-|(provided|key|token)['\"]?\s?[:=]|(?=[\w-]{0,60}\d)[\w-]{12,}", re.IGNORECASE
)
_ADVICE: Final = {
    FailureKind.AUTH: "Check api_key in the plugin's credentials, and what that key may use.",
    FailureKind.NO_BUDGET: "Top up the account or raise its spending limit.",
    FailureKind.PATH_UNKNOWN: (
        "Check base_url: there is nothing to answer chat completions at that path (some providers say so of an "
        "unknown model too)."
    ),
    FailureKind.MODEL_UNKNOWN: "Check the model's name in the plugin's credentials or the tool's parameter.",
    FailureKind.RATE_LIMITED: "Lower rpm_limit and tpm_limit to what your plan allows, or try again later.",
    FailureKind.REQUEST_REFUSED: "Shorten or change the content, or choose another model.",
    FailureKind.PROXY_REFUSED: (
        "Ask whoever runs the proxy or firewall between the plugin and the endpoint to let these requests through; "
        "a proxy that wants a name and a password gets them from HTTPS_PROXY."
    ),
    FailureKind.TRY_AGAIN: "Try again later.",
    FailureKind.SERVER_ERROR: "Try again later.",
}


class ReplyFailure(CallFailure):
    """An attempt that was answered, but with an error instead of a completion."""

    def __init__(self, verdict: Verdict, message: str) -> None:
        remedy = Remedy.MORE_ROOM if verdict.no_room else None
        super().__init__(verdict.kind, message, retry_after=verdict.wait, remedy=remedy)
        self.verdict = verdict

    @property
    def feature(self) -> Feature | None:
        """The part of the request that was refused, where the endpoint named one."""
        return self.verdict.feature


def refusal(
    status: int, headers: Mapping[str, str], complaint: Complaint, *, url: str, model: str, now: datetime
) -> ReplyFailure:
    """The failure that a reply with this complaint means. `headers` have names in lower case."""
    if 300 <= status < 400:  # noqa: PLR2004
        return _redirect(status, headers, url)
    verdict = classify(status, headers, complaint, now)
    return ReplyFailure(verdict, _message(verdict, status, complaint, url, model))


def _message(verdict: Verdict, status: int, complaint: Complaint, url: str, model: str) -> str:
    who = f"A proxy or firewall before {url}" if verdict.by_proxy else url
    answered = verdict.status if verdict.status != 200 else "with an error"  # noqa: PLR2004
    subject = f" for model {shown(model)}" if verdict.kind is FailureKind.MODEL_UNKNOWN else ""
    words = _words(complaint)
    # A refused key may be quoted in part, which cannot be found and taken out.
    hidden = (status == 401 or verdict.kind is FailureKind.AUTH) and _KEY_LIKE.search(words)  # noqa: PLR2004
    said = f": {words}" if words and not hidden else ""
    return f"{who} answered {answered}{subject}{said}. {_ADVICE.get(verdict.kind, 'Check base_url.')}"


def _words(complaint: Complaint) -> str:
    """What the endpoint says, in one line without secrets."""
    if complaint.page is not None:
        return page_words(complaint)
    return on_one_line(": ".join(message.rstrip(".: ") for message in complaint.messages[:3]))


def page_words(complaint: Complaint) -> str:
    """What to call the web page that came."""
    title = on_one_line(complaint.page_title)
    return f"a web page titled {title!r}" if title else "a web page"


def on_one_line(text: str) -> str:
    """`text` as it may be shown: without secrets, in one line, cut. Secrets go first, as a cut one is not found."""
    printable = "".join(character if character.isprintable() else " " for character in redact(text[:20_000]))
    line = " ".join(printable.split())
    return line[:_SHOWN_CHARACTERS].rstrip(".") + ("…" if len(line) > _SHOWN_CHARACTERS else "")


def _redirect(status: int, headers: Mapping[str, str], url: str) -> ReplyFailure:
    """Never followed: the key would go along to whoever is named."""
    try:
        host = urlsplit(headers.get("location", "")).hostname
    except ValueError:
        host = None
    where = f"to {shown(host)}" if host else "elsewhere"
    message = (
        f"{url} answered {status} and points {where}. Redirects are not followed, since the key would go along. "
        "Set base_url to the final address."
    )
    return ReplyFailure(Verdict(FailureKind.REDIRECT, status, is_certain=True), message)
