# SPDX-License-Identifier: Apache-2.0
"""What the body of an error says: its codes, statuses, parameters and messages, each apart, wherever they stand."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic_core import from_json

from approvals.llm.reply.documents import read_document

_READ_BYTES: Final = 16_000
_WORDS_LENGTH: Final = 8_000
_MOST_VALUES: Final = 300
_MOST_DEPTH: Final = 10

_CODE_FIELD: Final = re.compile(
    r"code|type|__type|status|reason|err(or)?_?(code|type)|(status|http)_?code",
)
_MESSAGE_FIELD: Final = re.compile(
    r"message|msg|detail|err(or)?_?(msg|message)|status_msg|(error_)?description|title|raw|error|reason|"
)
_NESTED_FIELD: Final = re.compile(
    r"errors?|details?|message|metadata|raw|base_resp|inner_?error|data|body|response|cause|choices|headers"
)
_PARAMETER_FIELD: Final = re.compile(r"param|loc")
_WAIT_FIELD: Final = re.compile(
    r"retry_?after(_seconds|_ms)?|retry_?delay|estimated_time|resets?_(in|at)(_seconds)?"
)
_CODE: Final = re.compile(r"[A-Za-z_][\w.\-]{0,99}")
_HTML: Final = re.compile(rb"\s*<(?:!doctype|html|head|\?xml|!--|title|body|center)", re.IGNORECASE)
_STATUS_IN_WORDS: Final = re.compile(
    r"\b(?:error code|status(?: code)?|http)\s?:?\s?([45]\d\d)\b", re.IGNORECASE
)
_TITLE: Final = re.compile(r"<title[^>]{0,200}>([^<]{1,200})", re.IGNORECASE)


@dataclass(slots=True)
class Complaint:
    """What an endpoint says is wrong, as it says it: nothing is taken out, so it is not fit to be shown as it is."""

    codes: list[str] = field(default_factory=list)
    """Error codes and types, the outermost first; those of MiniMax as `base_resp.1008`."""
    statuses: list[int] = field(default_factory=list)
    """HTTP statuses named in the body."""
    parameters: list[str] = field(default_factory=list)
    """Names of request parameters that the error points at."""
    messages: list[str] = field(default_factory=list)
    waits: dict[str, Any] = field(default_factory=dict)
    """Fields that say how long to wait, names in lower case."""
    headers: dict[str, str] = field(default_factory=dict)
    """Headers of an upstream provider that a gateway repeats in its body, names in lower case."""
    page: str | None = None
    """The text of a web page that came instead of an API's error."""

    @property
    def text(self) -> str:
        """The messages, for recognising words; no more than an error has to say."""
        return "\n".join(self.messages)[:_WORDS_LENGTH]

    @property
    def page_title(self) -> str:
        """The title of the web page; "" where it has none."""
        found = _TITLE.search(self.page or "")
        return found[1].strip() if found else ""


def read_complaint(body: bytes) -> Complaint:
    """What the body of an error says, in JSON of any shape or as plain text; a long one is read in part."""
    if _HTML.match(body[:1_000]):
        return Complaint(page=body[:_READ_BYTES].decode("utf-8", "replace"))
    try:
        return complaint_of(read_document(body))
    except ValueError:
        plain = body[:_READ_BYTES].decode("utf-8", "replace").strip()
        complaint = complaint_of(_nested_in(plain))
        complaint.messages[:0] = [plain] if plain else []
        return complaint


def complaint_of(document: Any) -> Complaint:
    """What an error that is already parsed says."""
    complaint = Complaint()
    _walk(complaint, document)
    return complaint


def _walk(complaint: Complaint, document: Any) -> None:
    """Breadth first, so that what stands outermost comes first. Bounded in depth and in values."""
    level: list[tuple[str, Any]] = [("", document)]
    left = _MOST_VALUES
    for _ in range(_MOST_DEPTH):
        deeper: list[tuple[str, Any]] = []
        for name, value in level:
            left -= 1
            if left < 0:
                return
            deeper += _read(complaint, name, value)
        level = deeper


def _read(complaint: Complaint, name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Note what a field says; the fields inside it that may say more."""
    if isinstance(value, str) and _MESSAGE_FIELD.fullmatch(name):
        yield from _read_words(complaint, name, value[:_READ_BYTES])
    elif isinstance(value, list):
        yield from ((name, each) for each in value[:20])
    elif isinstance(value, Mapping):
        if name == "headers":
            complaint.headers.update({str(key).lower(): str(said) for key, said in value.items()})
            return
        for key, inner in value.items():
            yield from _read_field(complaint, name, str(key), inner)


def _read_words(complaint: Complaint, name: str, words: str) -> Iterator[tuple[str, Any]]:
    """A message. JSON inside it is read on its own; one word alone, as `{"error": "invalid_api_key"}`, is a code."""
    if name in {"error", "reason"} and _CODE.fullmatch(words):
        complaint.codes.append(words)
        if name == "reason":
            return
    nested = _nested_in(words)
    if nested is not None:
        words = words[: words.find("{")].rstrip(" [('\":-")
        yield "error", nested
    words = words.strip()
    complaint.statuses += map(int, _STATUS_IN_WORDS.findall(words)[:1])
    if words and words not in complaint.messages:
        complaint.messages.append(words)


def _read_field(complaint: Complaint, parent: str, key: str, value: Any) -> Iterator[tuple[str, Any]]:
    name = key.lower()
    if _WAIT_FIELD.fullmatch(name):
        complaint.waits.setdefault(name, value)
    elif _PARAMETER_FIELD.fullmatch(name):
        parts = value if isinstance(value, list) else [value]
        complaint.parameters += [part for part in parts if isinstance(part, str)]
    else:
        if _CODE_FIELD.fullmatch(name):
            _read_code(complaint, parent, value)
        said = isinstance(value, str) and _MESSAGE_FIELD.fullmatch(name)
        if said or (isinstance(value, list | Mapping) and _NESTED_FIELD.fullmatch(name)):
            yield name, value


def _read_code(complaint: Complaint, parent: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return
    code = str(value).strip()
    if parent == "base_resp":
        complaint.codes.append(f"base_resp.{code}")
    elif code.isdecimal() and len(code) == 3:  # noqa: PLR2004 - an HTTP status has three digits
        complaint.statuses += [int(code)] if 400 <= int(code) < 600 else []  # noqa: PLR2004
    elif code and len(code) <= 100:  # noqa: PLR2004 - longer than any code
        complaint.codes.append(code)


def _nested_in(words: str) -> Any:
    """The JSON object that stands inside a text, as gateways quote the errors of others; None where there is none."""
    start, end = words.find("{"), words.rfind("}")
    if not 0 <= start < end:
        return None
    text = words[start : end + 1]
    for candidate in (text, text.replace("'", '"').replace("None", "null")):
        try:
            found = from_json(candidate)
        except ValueError:
            continue
        return found if isinstance(found, dict) else None
    return None
