# SPDX-License-Identifier: Apache-2.0
"""What the stub is told to do wrong, and when: rules, matched in order. They are data, and can be JSON."""

import threading
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field

from devkit.llm_stub.chat_call import ChatCall


class Outcome(StrEnum):
    """Everything that can become of a chat completion."""

    OK = "ok"
    LATENCY = "latency"
    """A good reply after the rule's `latency_ms`."""

    # Statuses, with the body that goes with them.
    STATUS_400_RESPONSE_FORMAT = "status_400_response_format"
    """Refuses a `response_format` of type `json_schema`; a request without one gets a good reply."""
    STATUS_401 = "status_401"
    """Repeats the key that it was given in its message, as careless gateways do."""
    STATUS_403 = "status_403"
    STATUS_404_MODEL = "status_404_model"
    STATUS_429 = "status_429"
    """With a Retry-After header if `retry_after` is set; `retry_after_as_date` makes it an HTTP-date."""
    STATUS_500 = "status_500"
    STATUS_502 = "status_502"
    """With a proxy's HTML page."""
    STATUS_503 = "status_503"
    STATUS_529 = "status_529"
    REDIRECT_302 = "redirect_302"
    """To `location`, by default a path of this stub: its log would show a client that follows."""
    REDIRECT_307 = "redirect_307"

    VERBATIM = "verbatim"
    """The rule's `status` and `body`, whatever they are: errors of other providers, pages of proxies."""

    # The connection.
    RESET_BEFORE = "reset_before"
    """Reset (TCP RST) before any byte of the reply."""
    RESET_IN_BODY = "reset_in_body"
    """The head and half of the body, then a reset."""
    HANG = "hang"
    """No byte, ever; the connection stays open."""
    DRIP = "drip"
    """The head at once, then one byte of the body every `seconds` (0.1)."""
    DRIP_HEAD = "drip_head"
    """One byte every `seconds` (0.1), from the status line on."""
    SLOW_CLOSE = "slow_close"
    """A good reply whose end is the end of the connection, which comes `seconds` (1) later."""
    HALF_REPLY = "half_reply"
    """Half of what Content-Length announces, then an orderly close."""
    HUGE_REPLY = "huge_reply"
    """A chunked reply of `size` bytes (50 MB), as fast as the client takes it."""

    # The model's words.
    PROSE = "prose"
    FENCED = "fenced"
    """Good JSON inside a Markdown fence."""
    WRAPPED = "wrapped"
    """Good JSON in the place of `{answer}` in the rule's `around`, such as behind a model's thinking."""
    WRONG_SHAPE = "wrong_shape"
    CUT_OFF = "cut_off"
    """The JSON ends in the middle, with `finish_reason: length`."""
    IDS_SWAPPED = "ids_swapped"
    """Each analysis carries the next one's id; a lone one carries a stranger's."""
    DUPLICATE_IDS = "duplicate_ids"
    MISSING_ID = "missing_id"
    """The last analysis is left out."""
    EXTRA_ID = "extra_id"
    LOW_CONFIDENCE = "low_confidence"
    EVIDENCE_INVENTED = "evidence_invented"
    OBEY_ATTACKER = "obey_attacker"
    """What an attacker in the text would want: low, manager, auto-approve, certain, with true quotes."""

    # The completion around them.
    USAGE_MISSING = "usage_missing"
    USAGE_NEGATIVE = "usage_negative"
    EMPTY_CHOICES = "empty_choices"
    NULL_CONTENT = "null_content"
    EVENTS = "events"
    """A good reply as server-sent events, though nobody asked for a stream."""


class Rule(BaseModel):
    """One thing to do, the requests it is for, and how often. Without a condition it is for any request."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    outcome: Outcome
    times: Annotated[int, Field(ge=1)] | None = 1
    """How many requests it applies to; None is all of them, after every rule that has a number."""
    nth: Annotated[int, Field(ge=1)] | None = None
    """Only for this chat request, counted from 1 since the start or the last `clear`."""
    model: str | None = None
    contains: str | None = None
    """Only for requests whose content has these words, upper or lower case as here."""
    with_field: str | None = None
    """Only for requests whose body has this field, such as `response_format`."""

    latency_ms: Annotated[float, Field(ge=0, le=600_000)] | None = None
    """Instead of the stub's own latency."""
    seconds: Annotated[float, Field(ge=0, le=600)] | None = None
    """Between the bytes of a drip, or before a slow close."""
    size: Annotated[int, Field(ge=1, le=1_000_000_000)] = 50_000_000
    """Bytes in a huge reply."""
    retry_after: Annotated[int, Field(ge=0)] | None = None
    """Seconds."""
    retry_after_as_date: bool = False
    location: str | None = None
    status: Annotated[int, Field(ge=200, le=599)] = 200
    """Of a reply given verbatim."""
    body: Any = ""
    """Of a reply given verbatim: text as it is, anything else as JSON."""
    content_type: str = "application/json"
    """Of a reply given verbatim."""
    around: str = "{answer}"
    """What stands around a wrapped answer."""
    headers: Mapping[str, str] = Field(default_factory=dict)
    """More headers for the reply, such as a Retry-After that is neither a number nor a date."""

    def fits(self, number: int, call: ChatCall) -> bool:
        """True when the conditions hold for chat request `number`."""
        return (
            (self.nth is None or self.nth == number)
            and (self.model is None or self.model == call.model)
            and (self.contains is None or self.contains in call.text)
            and (self.with_field is None or self.with_field in call.fields)
        )


class ScriptDocument(BaseModel):
    """A script as JSON, such as `{"clear": true, "rules": [{"outcome": "status_503", "times": 2}]}`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    clear: bool = False
    """Drop the rules that are there, and count requests from 1 again."""
    forget: bool = False
    """Empty the log of requests too."""
    rules: tuple[Rule, ...] = ()

    @classmethod
    def read(cls, path: Path) -> Self:
        """From a file. Raises `OSError`, and `pydantic.ValidationError` which names what is wrong."""
        return cls.model_validate_json(path.read_bytes())


class Script:
    """The rules in force. The first that fits applies; those with `times` come before those without."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counted: list[tuple[Rule, int]] = []
        self._lasting: list[Rule] = []
        self._number = 0

    def __repr__(self) -> str:
        rules = f"{len(self._counted)} counted rules, {len(self._lasting)} lasting"
        return f"<Script {rules}, {self._number} requests>"

    @property
    def left(self) -> int:
        """How many requests the counted rules still wait for."""
        with self._lock:
            return sum(times for _, times in self._counted)

    def add(self, *rules: Rule) -> None:
        """Add rules after those that are there."""
        with self._lock:
            self._lasting += [rule for rule in rules if rule.times is None]
            self._counted += [(rule, rule.times) for rule in rules if rule.times is not None]

    def clear(self) -> None:
        """Drop every rule, and count requests from 1 again."""
        with self._lock:
            self._counted, self._lasting, self._number = [], [], 0

    def take(self, call: ChatCall) -> Rule | None:
        """The rule for the next request, used up by one; None for an ordinary good reply."""
        with self._lock:
            self._number += 1
            for place, (rule, times) in enumerate(self._counted):
                if rule.fits(self._number, call):
                    self._counted[place : place + 1] = [(rule, times - 1)] if times > 1 else []
                    return rule
            return next((rule for rule in self._lasting if rule.fits(self._number, call)), None)


def rules_of(steps: tuple[Outcome | Rule, ...], fields: Mapping[str, Any]) -> list[Rule]:
    """Bare outcomes as rules with `fields`; rules as they are. Raises `pydantic.ValidationError`."""
    return [step if isinstance(step, Rule) else Rule(outcome=step, **fields) for step in steps]
