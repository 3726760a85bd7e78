# SPDX-License-Identifier: Apache-2.0
"""The bytes of a chat completion, read strictly: text, model, usage, and the cost if the endpoint states one."""

import json
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NamedTuple

from pydantic_core import from_json

from approvals.errors import shown
from approvals.llm.chat import TokenUsage
from approvals.llm.failures import CallFailure, FailureKind

_MOST_TOKENS: Final = 100_000_000
_MOST_USD: Final = 100_000
"""More than these in one call is a mistake, not a bill."""

_DECODER: Final = json.JSONDecoder(parse_float=Decimal)

type Json = Any


class Completion(NamedTuple):
    """A reply as the endpoint gives it. `usage` and `stated_cost` (USD) are None where missing or not to be trusted."""

    text: str
    model: str
    usage: TokenUsage | None
    stated_cost: Decimal | None


def read_reply(body: bytes, url: str, model: str) -> Completion:
    """The completion in `body`; `model` is taken for one that it does not name.

    Raises `CallFailure`: `reply_malformed` for anything that is no chat completion, `reply_empty` for one without
    text (refused by a filter, or all tokens spent on thinking).
    """
    document = _document(body, url)
    usage = _usage(document.get("usage"))
    text = _text(document, url, usage)
    named = document.get("model")
    return Completion(
        text=text,
        model=named if isinstance(named, str) and named else model,
        usage=usage,
        stated_cost=_stated_cost(document.get("usage")) if usage else None,
    )


def error_status(body: bytes) -> int | None:
    """The status that an error hides behind a 200 states (`{"error": {"code": 502}}`, as OpenRouter sends), or None."""
    if b'"error"' not in body[:1_000]:
        return None
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    match document:
        case {"choices": [_, *_]}:
            return None
        case {"error": {"code": int(code)}} if 400 <= code < 600:  # noqa: PLR2004
            return code
    return None


def _document(body: bytes, url: str) -> dict[str, Json]:
    try:
        document = _parsed(body)
    except (ValueError, RecursionError, InvalidOperation):
        raise _malformed(url, f"no JSON but {shown(body[:60].decode('utf-8', 'replace'))}") from None
    if not isinstance(document, dict):
        raise _malformed(url, f"JSON that is a {type(document).__name__}, not an object")
    return document


def _parsed(body: bytes) -> Json:
    """Raises what `_document` catches. The quick reader has no exact numbers, and takes UTF-8 alone."""
    if b'"cost"' in body:
        return _exactly(body)
    try:
        return from_json(body)
    except ValueError:
        return _exactly(body)


def _exactly(body: bytes) -> Json:
    return _DECODER.decode(body.decode(json.detect_encoding(body), "surrogatepass"))


def _text(document: dict[str, Json], url: str, usage: TokenUsage | None) -> str:
    match document:
        case {"choices": [{"message": {"content": str(text)}}, *_]}:
            return text
        case {"choices": [{"message": {"content": [_, *_] as parts}}, *_]}:
            return _joined(parts, url)
        case {"choices": [{"message": {"content": None}} as choice, *_]} | {
            "choices": [{"message": {"refusal": str()}} as choice, *_]
        }:
            raise CallFailure(
                FailureKind.REPLY_EMPTY,
                f"The model answered without any text (finish_reason {shown(choice.get('finish_reason'))}). "
                "Change the content, or choose another model.",
                usage=usage,
            )
    raise _malformed(url, f"JSON without choices[0].message.content (keys: {shown(sorted(document))})")


def _joined(parts: list[Json], url: str) -> str:
    texts: list[str] = []
    for part in parts:
        match part:
            case {"type": "text", "text": str(text)}:
                texts.append(text)
            case {"type": str()}:  # thinking and the like
                continue
            case _:
                raise _malformed(url, "content parts without a type")
    return "".join(texts)


def _usage(stated: Json) -> TokenUsage | None:
    """None also where nothing was used at all: no call is for nothing, and unknown must never look like zero."""
    if not isinstance(stated, dict):
        return None
    prompt, completion = stated.get("prompt_tokens"), stated.get("completion_tokens")
    if type(prompt) is not int or type(completion) is not int:  # True is an int, and no number of tokens
        return None
    plausible = 0 <= prompt <= _MOST_TOKENS and 0 <= completion <= _MOST_TOKENS
    return TokenUsage(prompt, completion) if plausible and prompt + completion > 0 else None


def _stated_cost(stated: Json) -> Decimal | None:
    cost = stated.get("cost") if isinstance(stated, dict) else None
    if type(cost) is not int and not isinstance(cost, Decimal):
        return None
    exact = Decimal(cost)
    return exact if exact.is_finite() and 0 <= exact <= _MOST_USD else None


def _malformed(url: str, found: str) -> CallFailure:
    return CallFailure(
        FailureKind.REPLY_MALFORMED,
        f"{url} answered with {found}, where a chat completion was expected. "
        "Check base_url: it must be an OpenAI-compatible endpoint.",
    )
