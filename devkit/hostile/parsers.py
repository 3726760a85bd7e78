# SPDX-License-Identifier: Apache-2.0
"""Every parser of the package, with the inputs that it likes least."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml
from pydantic import SecretStr

from approvals.analysis.evidence import is_quoted, looks_like_orders, request_text
from approvals.analysis.injection import gives_orders
from approvals.analysis.placeholders import Placeholders
from approvals.analysis.prompt import build_prompt
from approvals.analysis.reply import parse_reply
from approvals.base_url import chat_completions_url
from approvals.dify.batch_items import RequestList
from approvals.dify.channel.frames import replace_lone_surrogates
from approvals.dify.parameters import Parameters
from approvals.domain.brief.language import language_of
from approvals.domain.brief.markup import plain as plain_markdown
from approvals.domain.brief.markup import plain_lines
from approvals.domain.checks import amount_in_text
from approvals.domain.policy import Policy
from approvals.domain.policy_reader import read_policy
from approvals.domain.records import ApprovalRequest
from approvals.errors import shown
from approvals.llm import parse_prices
from approvals.llm.reply.completion import read_reply
from approvals.llm.transport.reply_parser import ReplyParser
from approvals.store.cursor import position_in
from approvals.store.record_codec import decode_record
from approvals.telemetry import redact
from approvals.text.disguises import views
from approvals.text.fold import nfkc, normalised
from approvals.text.invisible import one_line
from approvals.text.labelled_lines import labelled_lines
from approvals.text.lookalikes import has_lookalikes, plain
from approvals.text.money_in_text import MoneyText
from approvals.text.names import read_name, same_to_a_reader
from approvals.text.numbers import read_amount
from approvals.text.personal import PersonalData
from approvals.text.python_literals import json_of_python
from approvals.web.api.signature import require_signature
from approvals.web.http import HttpRequest
from approvals.web.settings import EndpointSettings
from devkit.hostile.growth import SIZES, Growth, Sizes, growth, word

_NOW: Final = datetime(2026, 3, 2, tzinfo=UTC)
_POLICY: Final = Policy(version=1)

_DATA: Final = Path(__file__).with_name("data") / "worst_words.yaml"
_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    name: tuple(each if isinstance(each, str) else word(*each) for each in words)
    for name, words in yaml.safe_load(_DATA.read_text(encoding="utf-8")).items()
}
_NESTS, _PROSE, _SHORT = _WORDS["nests"], _WORDS["prose"], _WORDS["short"]
_REPLIES: Final = (*_NESTS, *_WORDS["replies"])


class Parser(NamedTuple):
    """A parser, and its worst words."""

    name: str
    work: Callable[[str], object]
    words: tuple[str, ...]


def _parameter(method: str, **given: Any) -> Callable[[str], object]:
    return lambda text: getattr(Parameters({"x": text}), method)("x", **given)


def _request(text: str) -> ApprovalRequest:
    return ApprovalRequest(request_id="r", content=text, amount=Decimal(10), currency="USD")


def _hidden_and_back(text: str) -> str:
    placeholders = Placeholders([_request(text)], tuple(PersonalData))
    return placeholders.put_back(placeholders.hide(text))


def _http(text: str) -> None:
    """In pieces, as a network delivers them."""
    parser, data = ReplyParser(), text.encode(errors="replace")
    for start in range(0, len(data), 1_000):
        parser.feed(data[start : start + 1_000])


def _completion(text: str, status: int) -> object:
    body = text.encode(errors="replace")
    return read_reply(status, {}, body, url="https://example.com", model="m", now=_NOW)


def _body(text: str) -> object:
    return HttpRequest("POST", "/", body=text.encode(errors="replace")).json_object()


def _keys(size: int) -> str:
    """An object of about this size with as many keys as fit, the last of which stands there twice."""
    keys = [f'"{number}":0' for number in range(size // 8)]
    return "{" + ",".join([*keys, *keys[-1:]]) + "}"


def _form(text: str) -> object:
    return HttpRequest("POST", "/", body=text.encode(errors="replace")).form()


def _signature(text: str) -> object:
    """The text as a body and as every header: no secret signed it."""
    headers = dict.fromkeys(("webhook-id", "webhook-timestamp", "webhook-signature"), text)
    request = HttpRequest("POST", "/", headers=headers, body=text.encode(errors="replace"))
    return require_signature(request, EndpointSettings(signing_secrets=(SecretStr("whsec_c2VjcmV0"),)))


PARSERS: Final = (
    Parser("body of an HTTP request", _body, (*_NESTS, '{"a":1,', '"a":1,')),
    Parser("body with many keys", lambda text: _body(_keys(len(text))), ("a",)),
    Parser("form of a page", _form, ("a=1&", "&", "%41", "a=", "%")),
    Parser("signature", _signature, ("v1,YQ== ", "1", ",", " ", "v1,")),
    Parser("policy", read_policy, (*_NESTS[:6], *_WORDS["yaml"])),
    Parser("list of requests", RequestList, _NESTS),
    Parser(
        "list of requests with heads", lambda text: RequestList(f"[{text}"), (*_NESTS, "'\\'", "1,", "'a',")
    ),
    Parser("context", _parameter("json_object"), _NESTS),
    Parser("text", _parameter("text", limit=100_000), _SHORT),
    Parser("prose", _parameter("prose", limit=100_000), _SHORT),
    Parser("date", _parameter("date"), ("2", "2026-", "2026-01-01T")),
    Parser("amount", _parameter("amount"), _SHORT),
    Parser("priority", _parameter("integer", low=1, high=5), _SHORT),
    Parser("choice of language", _parameter("language"), ("en-", "-", "_")),
    Parser("request id", _parameter("request_id"), ("a", "a.", "-")),
    Parser(
        "Python's notation",
        json_of_python,
        (*_NESTS, "'\\'", "1", "1 ", "True", "a", "-", "\\x", word("'", "\\x41", "'")),
    ),
    Parser("number", read_amount, _SHORT),
    Parser("amounts in text", MoneyText, _WORDS["money"]),
    Parser(
        "check of the amount", lambda text: amount_in_text(_POLICY, _request(text), None), _WORDS["money"][:6]
    ),
    Parser("orders", gives_orders, _WORDS["orders"]),
    Parser("orders in a request", lambda text: looks_like_orders(_request(text)), _SHORT),
    Parser("disguises", lambda text: sum(1 for _ in views(text)), _SHORT),
    Parser("normal form", nfkc, _SHORT),
    Parser("fold", normalised, _SHORT),
    Parser("look-alikes", lambda text: (plain(text), has_lookalikes(text)), _SHORT),
    Parser("one line", one_line, _SHORT),
    Parser("labelled lines", lambda text: list(labelled_lines(text)), (*_SHORT, "a:b\n", ":", ";", "a:")),
    Parser("name", read_name, (*_PROSE, "<", "<a>", "mailto:", "a@b ")),
    Parser("names compared", lambda text: same_to_a_reader(text, text + "a"), _SHORT),
    Parser("evidence", lambda text: is_quoted(text, normalised(request_text(_request(text)))), _SHORT),
    Parser("prompt", lambda text: build_prompt([_request(text)], 6_000), _SHORT),
    Parser(
        "personal data",
        _hidden_and_back,
        (
            *_SHORT,
            "@",
            "a@",
            "a@a.",
            "a@b.io ",
            "1 ",
            "4111 ",
            "4111111111111111 ",
            "+1 ",
            "(1",
            "tel 1 ",
            "DE89 ",
        ),
    ),
    Parser("analysis", lambda text: parse_reply(text, ["r"]), _REPLIES),
    Parser("completion", lambda text: _completion(text, 200), _REPLIES),
    Parser(
        "refusal", lambda text: _completion(text, 400), (*_REPLIES, *_PROSE, '{"error": "', '{"message":')
    ),
    Parser("HTTP reply", _http, _WORDS["http"]),
    Parser("base URL", chat_completions_url, ("a", "a.", "http://", "https://a/", "@", ":", "[", "%", "-")),
    Parser("prices", parse_prices, _NESTS),
    Parser("cursor", position_in, ("a", "YQ", "=", "-")),
    Parser("stored record", lambda text: decode_record(text.encode(errors="replace")), _NESTS),
    Parser(
        "frame",
        lambda text: replace_lone_surrogates(text.encode(errors="replace")),
        ("\\", "\\u", "\\ud800", "\\ud800\\udc00", "a"),
    ),
    Parser("brief: plain", plain_markdown, _SHORT),
    Parser("brief: lines", plain_lines, _PROSE),
    Parser("brief: language", language_of, _SHORT),
    Parser("redaction", redact, _PROSE),
    Parser("shown", shown, _SHORT),
)


def parser_growth(parser: Parser, sizes: Sizes = SIZES) -> Growth:
    """How a parser's work grows on its worst words."""
    return growth(parser.name, parser.work, parser.words, sizes)
