# SPDX-License-Identifier: Apache-2.0
"""Hides personal data from the model: placeholders go out, and what they stand for is put back into the answer."""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from approvals.domain.records import ApprovalRequest
from approvals.text.personal import PersonalData, find_personal_data

NOTE: Final = (
    "\nMarks such as [EMAIL-1] stand for hidden personal data; they are complete, copy them as they are."
)
"""What the model is told besides, where something was hidden."""

_KINDS: Final = "|".join(PersonalData)
_LIKE_ONE: Final = re.compile(rf"(?:{_KINDS})-[0-9]{{1,9}}(?![0-9])", re.IGNORECASE)
# With its brackets, or as a model that drops them writes it.
_PLACEHOLDER: Final = re.compile(
    rf"\[((?:{_KINDS})-[0-9]{{1,9}}(?:\.[0-9]{{1,9}})?)\]|\[?(?<!\w)((?:{_KINDS})-[0-9]{{1,9}})(?!\w)",
    re.IGNORECASE,
)

_WORDS_OF_KEY: Final = re.compile(r"[_\W]+|(?<=[a-z])(?=[A-Z])")
_LABEL_REACH: Final = 40  # characters at the end of a key


class Placeholders:
    """The placeholders of one call.

    One value has one number, each further spelling of it a number behind a dot: `[CARD-1]`, `[CARD-1.2]`. No
    placeholder is made that stands in a request already, so putting back gives exactly what was there.
    """

    def __init__(self, requests: Sequence[ApprovalRequest], kinds: Collection[PersonalData]) -> None:
        self._kinds = kinds
        self._written: dict[str, str] = {}
        self._spellings: dict[tuple[PersonalData, str], dict[str, str]] = {}
        self._numbers: dict[PersonalData, int] = {}
        self._taken = frozenset(
            found.upper()
            for request in requests
            if kinds
            for found in _LIKE_ONE.findall(_everything(request))
        )

    @property
    def hidden_any(self) -> bool:
        """True when something was hidden."""
        return bool(self._written)

    def request(self, request: ApprovalRequest) -> ApprovalRequest:
        """The request as the model sees it."""
        if not self._kinds:
            return request
        return request.model_copy(
            update={
                "request_id": self.hide(request.request_id),
                "content": self.hide(request.content),
                "request_type": self.hide(request.request_type),
                "context": self._value(request.context, ""),
            }
        )

    def hide(self, text: str, label: str = "") -> str:
        """`text` with placeholders. `label`: words in front of it that say what it is, such as the key of a value."""
        lead = f"{label}: " if label else ""
        parts, at = [], len(lead)
        for found in find_personal_data(lead + text, self._kinds):
            if found.start < at:
                continue
            written = text[found.start - len(lead) : found.end - len(lead)]
            parts += [
                text[at - len(lead) : found.start - len(lead)],
                self._placeholder(found.kind, found.value, written),
            ]
            at = found.end
        return "".join(parts) + text[at - len(lead) :]

    def put_back(self, text: str) -> str:
        """`text` with what its placeholders stand for. Those that are not of this call stay."""
        return _PLACEHOLDER.sub(self._original, text) if self._written else text

    def _placeholder(self, kind: PersonalData, value: str, written: str) -> str:
        spellings = self._spellings.setdefault((kind, value), {})
        if written not in spellings:
            name = f"{next(iter(spellings.values()))}.{len(spellings) + 1}" if spellings else self._free(kind)
            spellings[written] = name
            self._written[name] = written
        return f"[{spellings[written]}]"

    def _free(self, kind: PersonalData) -> str:
        """The next name of a kind that no request holds."""
        while True:
            number = self._numbers[kind] = self._numbers.get(kind, 0) + 1
            name = f"{kind.upper()}-{number}"
            if name not in self._taken:
                return name

    def _original(self, found: re.Match[str]) -> str:
        name = (found[1] or found[2]).upper()
        return self._written.get(name, found[0])

    def _value(self, value: Any, label: str) -> Any:
        """A value of the context. A key is the label of what stands under it, so `{"phone": 5551234}` is hidden."""
        if isinstance(value, Mapping):
            return {self.hide(key): self._value(each, _as_label(key)) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [self._value(each, label) for each in value]
        if isinstance(value, str):
            return self.hide(value, label)
        if isinstance(value, int | float) and not isinstance(value, bool):
            hidden = self.hide(json.dumps(value), label)
            return value if hidden == json.dumps(value) else hidden
        return value


def _as_label(key: str) -> str:
    """A key as words: `mobilePhone_2` is `mobile Phone 2`."""
    return _WORDS_OF_KEY.sub(" ", key[-_LABEL_REACH:])


def _everything(request: ApprovalRequest) -> str:
    context = json.dumps(dict(request.context), ensure_ascii=False)
    return f"{request.request_id}\n{request.content}\n{request.request_type}\n{context}"
