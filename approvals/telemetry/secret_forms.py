# SPDX-License-Identifier: Apache-2.0
"""Which parts of credentials are secret, and the forms that a secret takes in the words of others.

An endpoint that repeats a key may escape it for JSON, encode it for a URL or in base64, wrap it over lines, or cut it.
"""

import base64
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import quote, unquote

_SHORTEST: Final = 6
"""Characters; a shorter secret would hide ordinary words."""
_FRAGMENT: Final = 8
"""So many characters at either end of a secret give it away as well: messages are cut."""
_DEEPEST: Final = 4
"""Rounds of undoing escapes."""

# What protocols, documents and states are made of is no secret, whoever uses it for a key.
_PUBLIC_WORDS: Final = """
    answer analysis analyses api-key api_key apikey application application/json approval approvals approve
    approved assistant authorization bearer choices completion completion_tokens confidence content content-type
    context_length database default developer director duplicate_document embeddings endpoint error error_code
    error_message escalated evidence executive expense expired factors finish_reason function gpt-4.1 high http
    https invalid_api_key invalid_request_error json_object json_schema length localhost manager mariadb
    max_completion_tokens max_tokens message messages metadata model models mysql not_found object openai
    organization parameters password pending policy postgres postgresql prompt prompt_tokens purchase rate_limit
    redis refused rejected request request_id requester response response_format returned routine schema secret
    service settings sqlite status stream string summary system temperature text token tokens tool_calls tools
    total_tokens unsupported_parameter unsupported_value usage user username withdrawn workspace
"""
_PUBLIC: Final = frozenset(_PUBLIC_WORDS.split())
_SECRET_NAMES: Final = re.compile(r"(?:key|secret|token|password)$")
_URL_NAMES: Final = re.compile(r"(?<!^public_)url$")  # the public one stands in every link


def secrets_in(credentials: Mapping[str, Any]) -> set[str]:
    """The secrets in a credential map, by the names of its fields: keys whole, of URLs what is no place."""
    found: set[str] = set()
    for name, value in credentials.items():
        text = value.strip() if isinstance(value, str) else ""
        if name == "ledger_key":
            found.update(_secrets_of_ledger_key(text))
        elif _SECRET_NAMES.search(name):
            found.add(text)
        elif _URL_NAMES.search(name):
            found.update(_secrets_of_url(text))
    return {secret for secret in found if len(secret) >= _SHORTEST and secret.casefold() not in _PUBLIC}


def _secrets_of_ledger_key(text: str) -> Iterator[str]:
    """What follows the id of each key, whose id is public; of a word without a colon all of it."""
    yield from (part for word in re.split(r"[\s,]+", text) for part in _after_id(word))


def _after_id(word: str) -> Sequence[str]:
    key_id, colon, secret = word.partition(":")
    return secret.split(":") if colon else [key_id]


def _secrets_of_url(url: str) -> Iterator[str]:
    """The password, whole and in the pieces that a careless reader of the URL makes of it; tokens in path and query."""
    _, _, rest = url.rpartition("://")
    before, _, query = rest.partition("?")
    place = before.rfind("@") if "@" in before else rest.rfind("@")
    user_info, address = rest[: max(place, 0)], rest[place + 1 :]
    password = user_info.partition(":")[2]
    if password:
        yield from (password, unquote(password), *re.split(r"[/?#@:]", password))
    yield from (part.rpartition("=")[2] for part in query.split("&"))
    for segment in re.split(r"[/?#]", address)[1:]:
        if re.search(r"[0-9]", segment) and re.search(r"[a-z]", segment) and re.search(r"[A-Z]", segment):
            yield segment


class _Form(NamedTuple):
    """One spelling of a secret, and how few characters at its ends give it away."""

    text: str
    fragment: int


class Redactor:
    """Takes a set of secrets out of text, in whatever form they stand there."""

    def __init__(self, secrets: Iterable[str], hidden: str) -> None:
        self._hidden = hidden
        self._forms = [form for secret in secrets for form in _forms(secret)]
        self._marks = sorted(
            {
                mark
                for form in self._forms
                for mark in (form.text[: form.fragment], form.text[-form.fragment :])
            }
        )

    def redacted(self, text: str) -> str:
        """`text` with every secret hidden."""
        if not self._marks or not text:
            return text
        if not ("\\" in text or "%" in text or "&#" in text or self._is_marked("".join(text.split()))):
            return text
        plain = _unescaped(text)
        return self._without(text, plain) if self._is_marked(plain.text) else text

    def _is_marked(self, text: str) -> bool:
        return any([mark in text for mark in self._marks])  # noqa: C419 - quicker than one by one

    def _without(self, text: str, plain: "_Unescaped") -> str:
        """`text` without the spans whose unescaped form holds a secret, or the beginning or end of one."""
        spans = sorted({span for form in self._forms for span in _spans(plain.text, form)})
        parts, done = [], 0
        for start, end in spans:
            first, last = plain.starts[start], plain.ends[end - 1]
            if last <= done:
                continue
            parts += [text[done:first], self._hidden] if first >= done else []
            done = last
        return "".join([*parts, text[done:]])


def _forms(secret: str) -> Iterator[_Form]:
    """The secret without escapes, and the characters of base64 that it alone decides, at each of three offsets."""
    for plain in {_unescaped(secret).text, _unescaped(quote(secret)).text}:
        fragment = min(_FRAGMENT, len(plain))
        if fragment >= _SHORTEST:
            yield _Form(plain, fragment)
    raw = secret.encode()
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + raw).decode().rstrip("=")
        whole = encoded[(offset * 8 + 5) // 6 : (offset + len(raw)) * 8 // 6]
        for form in {whole, whole.replace("+", "-").replace("/", "_")}:
            if len(form) >= _FRAGMENT:
                yield _Form(form, min(len(form), _FRAGMENT + 4))


def _spans(text: str, form: _Form) -> Iterator[tuple[int, int]]:
    """Where the form, its beginning or its end stands in `text`, as far as it goes on."""
    head, tail = form.text[: form.fragment], form.text[-form.fragment :]
    place = text.find(head)
    while place >= 0:
        end = place + form.fragment
        while end < len(text) and end - place < len(form.text) and text[end] == form.text[end - place]:
            end += 1
        yield place, end
        place = text.find(head, end)
    place = text.find(tail)
    while place >= 0:
        start, known = place, len(form.text) - form.fragment
        while start > 0 and known > 0 and text[start - 1] == form.text[known - 1]:
            start, known = start - 1, known - 1
        yield start, place + form.fragment
        place = text.find(tail, place + form.fragment)


_ESCAPE: Final = re.compile(
    r"""
    \\+u(?P<json>[0-9a-fA-F]{4}) | \\+x(?P<hex>[0-9a-fA-F]{2}) | %(?:25)*(?P<percent>[0-9a-fA-F]{2})
    | &\#(?P<decimal>[0-9]{1,6}); | &\#x(?P<entity>[0-9a-fA-F]{1,5}); | \\+[nrtbf] | \\+(?P<itself>.)? | \s+
    """,
    re.VERBOSE | re.DOTALL,
)


class _Unescaped(NamedTuple):
    """A text without escapes and blanks, and where each of its characters began and ended before."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]


def _unescaped(text: str) -> _Unescaped:
    """Escapes in escapes too, as far as anybody nests them."""
    plain = _Unescaped(text, range(len(text)), range(1, len(text) + 1))
    for _ in range(_DEEPEST):
        if not _ESCAPE.search(plain.text):
            break
        inner = _unescaped_once(plain.text)
        starts = [plain.starts[start] for start in inner.starts]
        ends = [plain.ends[end - 1] for end in inner.ends]
        plain = _Unescaped(inner.text, starts, ends)
    return plain


def _unescaped_once(text: str) -> _Unescaped:
    characters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    done = 0
    for escape in _ESCAPE.finditer(text):
        start, end = escape.span()
        characters += text[done:start]
        starts += range(done, start)
        ends += range(done + 1, start + 1)
        done = end
        code = escape["json"] or escape["hex"] or escape["percent"] or escape["entity"]
        number = int(code, 16) if code else int(escape["decimal"] or 0)
        character = chr(number) if number else escape["itself"] or ""
        if character.strip():
            characters.append(character)
            starts.append(start)
            ends.append(end)
    characters += text[done:]
    starts += range(done, len(text))
    ends += range(done + 1, len(text) + 1)
    return _Unescaped("".join(characters), starts, ends)
