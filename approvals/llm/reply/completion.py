# SPDX-License-Identifier: Apache-2.0
"""A reply as a chat completion: text, model, usage, cost. Errors are found behind any status."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from approvals.errors import shown
from approvals.llm.chat import TokenUsage
from approvals.llm.failures import CallFailure, FailureKind, Remedy
from approvals.llm.reply.complaint import complaint_of, read_complaint
from approvals.llm.reply.documents import read_document
from approvals.llm.reply.refusal import on_one_line, page_words, refusal
from approvals.llm.reply.usage import Bill, read_bill

_OK: Final = 200
_CUT: Final = frozenset({"length", "max_tokens", "max_output_tokens", "model_length"})
_FAILED: Final = frozenset({"error", "network_error", "abort"})
_FINE_CODES: Final = frozenset({None, "", 0, 200, "0", "200", "success", "ok", "OK"})
_THOUGHTS: Final = ("reasoning_content", "reasoning", "thinking")
# A completion has one of these, also one that a filter stopped (Gemini, Azure).
_COMPLETION_FIELDS: Final = ("choices", "candidates", "promptFeedback", "prompt_filter_results")
_CODE_FIELDS: Final = ("code", "error_code", "errcode", "status_code", "status", "errorCode")
_MESSAGE_FIELDS: Final = ("message", "msg", "detail", "error_msg", "errmsg", "errorMessage")

type Json = Any


class Completion(NamedTuple):
    """A reply as the endpoint gives it. `usage` and `stated_cost` (USD) are None where missing or not to be trusted.

    `is_cut`: the model had no more tokens and stopped in the middle.
    """

    text: str
    model: str
    usage: TokenUsage | None
    stated_cost: Decimal | None
    is_cut: bool = False


def read_reply(
    status: int, headers: Mapping[str, str], body: bytes, *, url: str, model: str, now: datetime
) -> Completion:
    """The completion in a reply; `model` is taken for one that the reply does not name. Names of headers in lower case.

    Raises `CallFailure`: of the kind that the error in the reply means, whatever its status, `reply_malformed` for what
    is neither a completion nor an error, and `reply_empty` for a completion without text.
    """
    if status != _OK:
        raise refusal(status, headers, read_complaint(body), url=url, model=model, now=now)
    document = _document(body, url)
    choice = _choice(document)
    text = _text_of(choice)
    if not text or str(choice.get("finish_reason")) in _FAILED or choice.get("error"):
        error = _error_in(document, choice)
        if error is not None:
            raise refusal(status, headers, complaint_of(error), url=url, model=model, now=now)
    bill = read_bill(document, headers)
    is_cut = str(choice.get("finish_reason")).casefold() in _CUT
    if not text.strip():
        text = "" if is_cut else _thoughts_of(choice)
        if not text.strip():
            raise _empty(document, choice, bill, url, is_cut=is_cut)
    if bill.usage and bill.usage.completion_tokens == 0:  # a text of no tokens was not counted
        bill = Bill()
    named = document.get("model")
    return Completion(text, named if isinstance(named, str) and named else model, *bill, is_cut)


def _document(body: bytes, url: str) -> dict[str, Json]:
    """The completion's document; a gateway's envelope around it is taken off."""
    try:
        document = read_document(body)
    except ValueError:
        raise _no_json(body, url) from None
    if isinstance(document, dict) and "choices" in document:  # as nearly always
        return document
    if isinstance(document, list) and len(document) == 1:
        document = document[0]
    match document:
        case {"data": {"choices": list()} as inner} if "choices" not in document:
            return dict(inner)
        case dict():
            return document
        case str():
            return {"error": document}
    raise _malformed(url, f"JSON that is a {type(document).__name__}, not an object")


def _choice(document: Mapping[str, Json]) -> Mapping[str, Json]:
    choices = document.get("choices")
    if isinstance(choices, list) and choices and isinstance(choices[0], dict):
        return choices[0]
    match document:
        case {"type": "message", "content": list(content)}:  # a message of Anthropic's own interface
            return {"message": {"content": content}, "finish_reason": document.get("stop_reason")}
    return {}


def _message_of(choice: Mapping[str, Json]) -> Mapping[str, Json]:
    message = choice.get("message") or choice.get("delta")
    return message if isinstance(message, dict) else {"content": choice.get("text")}


def _text_of(choice: Mapping[str, Json]) -> str:
    """The model's words; "" where there are none. Thinking and other parts of a content are left out."""
    content = _message_of(choice).get("content")
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    return "".join(
        part if isinstance(part, str) else part["text"]
        for part in content
        if isinstance(part, str)
        or (isinstance(part, dict) and part.get("type") == "text" and isinstance(part.get("text"), str))
    )


def _thoughts_of(choice: Mapping[str, Json]) -> str:
    """What some servers put aside as thinking though it is the whole answer (Ollama)."""
    message = _message_of(choice)
    return next((text for name in _THOUGHTS if isinstance(text := message.get(name), str) and text), "")


def _error_in(document: Mapping[str, Json], choice: Mapping[str, Json]) -> Json | None:
    """The error that a reply of status 200 holds; None where it holds none."""
    for error in (document.get("error"), document.get("errors"), choice.get("error")):
        if error:
            return {"error": error}
    match document.get("base_resp"):
        case {"status_code": int() | str() as code} if code not in _FINE_CODES:
            return {"base_resp": document["base_resp"]}
    if str(choice.get("finish_reason")) in _FAILED:
        return {"message": f"finish_reason {choice['finish_reason']}"}
    return document if not _has_choices(document) and _looks_like_error(document) else None


def _has_choices(document: Mapping[str, Json]) -> bool:
    return any(name in document for name in _COMPLETION_FIELDS) or document.get("object") == "chat.completion"


def _looks_like_error(document: Mapping[str, Json]) -> bool:
    codes = [document.get(name) for name in _CODE_FIELDS]
    return (
        document.get("success") is False
        or document.get("object") == "error"
        or any(isinstance(code, int | str) and code not in _FINE_CODES for code in codes)
        or any(document.get(name) for name in _MESSAGE_FIELDS)
    )


def _empty(
    document: Mapping[str, Json], choice: Mapping[str, Json], bill: Bill, url: str, *, is_cut: bool
) -> CallFailure:
    if not _has_choices(document) and not choice:
        return _malformed(url, f"JSON without choices (keys: {on_one_line(shown(sorted(document)))})")
    if not isinstance(document.get("choices"), list | None):
        return _malformed(url, "JSON whose choices are no list")
    refused = _message_of(choice).get("refusal")
    said = f" and says: {on_one_line(refused)}" if isinstance(refused, str) and refused else ""
    reason = choice.get("finish_reason")
    # A filter would refuse the same again; a model that says nothing may say something the next time.
    remedy = Remedy.MORE_ROOM if is_cut else Remedy.ASK_AGAIN if reason == "stop" else None
    return CallFailure(
        FailureKind.REPLY_EMPTY,
        f"The model answered without any text (finish_reason {on_one_line(shown(reason))}){said}. "
        "Change the content, or choose another model.",
        usage=bill.usage,
        remedy=remedy,
    )


def _no_json(body: bytes, url: str) -> CallFailure:
    complaint = read_complaint(body)
    if complaint.page is not None:
        return _malformed(
            url,
            page_words(complaint),
            "Check base_url, and whether a proxy or a sign-in page stands between the plugin and the endpoint.",
        )
    start = on_one_line(body[:2_000].decode("utf-8", "replace"))
    return _malformed(url, f"no JSON but {shown(start[:60])}" if start else "an empty body")


def _malformed(
    url: str, found: str, advice: str = "Check base_url: it must be an OpenAI-compatible endpoint."
) -> CallFailure:
    message = f"{url} answered with {found}, where a chat completion was expected. {advice}"
    return CallFailure(FailureKind.REPLY_MALFORMED, message)
