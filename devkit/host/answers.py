# SPDX-License-Identifier: Apache-2.0
"""What comes back from a plugin: tool messages merged as a workflow's tool node merges them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self


class HostFault(StrEnum):
    """Error types of the host itself. Every other error type is the name of a class in the plugin."""

    PLUGIN_EXITED = "PluginExited"
    TIMEOUT = "HostTimeout"
    NOT_STARTED = "PluginNotStarted"


class HostError(Exception):
    """A call that failed: in the plugin (then `error_args` has its traceback) or on the way to it."""

    def __init__(self, error_type: str, message: str, error_args: Mapping[str, Any] | None = None) -> None:
        super().__init__(error_type, message)
        self.error_type = error_type
        self.message = message
        self.error_args = dict(error_args or {})

    def __str__(self) -> str:
        return f"{self.error_type}: {self.message}"

    @property
    def traceback(self) -> str:
        """The plugin's own traceback, as the platform would receive it; empty for a host fault."""
        return str(self.error_args.get("traceback", ""))


def plugin_error(data: Mapping[str, Any]) -> HostError:
    """The error that a session line of type `error` reports."""
    return HostError(str(data.get("error_type")), str(data.get("message")), data.get("args") or {})


@dataclass(frozen=True, slots=True)
class ToolAnswer:
    """One tool call's outcome.

    `variables`: the last value of each name, streamed strings joined. `json`: every JSON object in order.
    `text`: all text, joined without a separator. `logs`: the log messages. `messages`: all of them, raw.
    `error` is None when the tool finished; `seconds` is from sending the request to the end.
    """

    variables: dict[str, Any]
    json: list[Any]
    text: str
    logs: list[dict[str, Any]]
    messages: list[dict[str, Any]]
    error: HostError | None
    seconds: float

    def raise_for_error(self) -> Self:
        """Itself, or the error raised."""
        if self.error is not None:
            raise self.error
        return self


def tool_answer(messages: list[dict[str, Any]], error: HostError | None, seconds: float) -> ToolAnswer:
    """Merge a tool's messages. Kinds without a place of their own (blobs, links) stay in `messages`."""
    variables: dict[str, Any] = {}
    objects: list[Any] = []
    texts: list[str] = []
    logs: list[dict[str, Any]] = []
    for message in messages:
        body = message.get("message") or {}
        match message.get("type"):
            case "variable":
                _set_variable(variables, body)
            case "json":
                objects.append(body.get("json_object"))
            case "text":
                texts.append(body.get("text", ""))
            case "log":
                logs.append(body)
    return ToolAnswer(variables, objects, "".join(texts), logs, messages, error, seconds)


def _set_variable(variables: dict[str, Any], body: Mapping[str, Any]) -> None:
    name, value = body["variable_name"], body["variable_value"]
    before = variables.get(name)
    variables[name] = before + value if body.get("stream") and isinstance(before, str) else value


@dataclass(frozen=True, slots=True)
class ValidationAnswer:
    """What credential validation came to: `error` is None when the credentials were accepted."""

    error: HostError | None
    seconds: float


def validation_answer(
    messages: Sequence[Mapping[str, Any]], error: HostError | None, seconds: float
) -> ValidationAnswer:
    """Accepted only when the plugin said so: silence is no consent."""
    if error is None and {"result": True} not in messages:
        error = HostError("ValidationUnanswered", f"the plugin answered {list(messages)!r}, not a result")
    return ValidationAnswer(error, seconds)
