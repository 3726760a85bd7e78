# SPDX-License-Identifier: Apache-2.0
"""Takes the calls of tool nodes to whoever answers them: the plugin process, or a test's script."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from graphon.model_runtime.entities.llm_entities import LLMUsage
from graphon.nodes.tool.entities import ToolNodeData
from graphon.nodes.tool.exc import ToolFileError, ToolRuntimeInvocationError, ToolRuntimeResolutionError
from graphon.nodes.tool_runtime_entities import ToolRuntimeHandle, ToolRuntimeMessage, ToolRuntimeParameter
from graphon.runtime.variable_pool import VariablePool

from devkit.declarations import Declarations, ToolDeclaration
from devkit.engine.daemon import Daemon, DaemonDownError
from devkit.engine.stream import Reader
from devkit.engine.values import as_received

_Message = ToolRuntimeMessage
_Kind = ToolRuntimeMessage.MessageType

# The SDK's own errors: Dify shows their message alone, every other one inside a sentence about the author.
SDK_ERRORS = frozenset(
    {
        "InvokeRateLimitError",
        "InvokeAuthorizationError",
        "InvokeBadRequestError",
        "InvokeConnectionError",
        "InvokeServerUnavailableError",
        "CredentialsValidateFailedError",
    }
)

# What Dify says when the plugin daemon is away, before a call ("Failed to get tool runtime: …") and during it.
_UNREACHABLE = "Failed to request plugin daemon, url: plugin/management/tool"
_LOST = "Request to Plugin Daemon Service failed"


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool answered."""

    variables: Mapping[str, Any] = field(default_factory=dict)
    json: Sequence[Mapping[str, Any]] = ()
    text: str = ""


class ToolFailure(Exception):  # noqa: N818 - the tool failed; the runner did not
    """The tool raised. `error_type` is the name of the class it raised."""

    def __init__(self, message: str, error_type: str = "Exception") -> None:
        super().__init__(message)
        self.message = message
        self.error_type = error_type


class ToolCaller(Protocol):
    """Whoever answers tool calls."""

    def call(self, provider_id: str, tool_name: str, parameters: dict[str, Any], app_id: str) -> ToolResult:
        """One call, with the values that a plugin would receive. Raises ToolFailure."""
        ...


@dataclass(frozen=True, slots=True)
class _NodesTool:
    tool: ToolDeclaration
    node_id: str


@dataclass(frozen=True, slots=True)
class ToolRuntime:
    """The engine's side of a tool call. One serves all tool nodes of a run."""

    caller: ToolCaller
    declarations: Declarations
    app_id: str
    reader: Reader
    daemon: Daemon

    def get_runtime(
        self,
        *,
        node_id: str,
        node_data: ToolNodeData,
        variable_pool: VariablePool | None,
        node_execution_id: str | None = None,
    ) -> ToolRuntimeHandle:
        """The tool that a node names. Raises ToolRuntimeResolutionError where it is unknown or out of reach."""
        if node_execution_id is not None:
            self.reader.wait_for(node_execution_id)
        tool = self.declarations.get((node_data.provider_id, node_data.tool_name))
        if tool is None:
            raise ToolRuntimeResolutionError(
                f"node {node_id!r}: no tool {node_data.tool_name!r} at provider {node_data.provider_id!r}"
            )
        try:
            self.daemon.before_call(node_id)
        except DaemonDownError as down:
            raise ToolRuntimeResolutionError(_UNREACHABLE) from down
        return ToolRuntimeHandle(raw=_NodesTool(tool, node_id))

    def get_runtime_parameters(self, *, tool_runtime: ToolRuntimeHandle) -> Sequence[ToolRuntimeParameter]:
        """The names that the engine may fill."""
        return [
            ToolRuntimeParameter(name=parameter.name, required=parameter.required)
            for parameter in _nodes_tool(tool_runtime).tool.parameters
        ]

    def invoke(
        self,
        *,
        tool_runtime: ToolRuntimeHandle,
        tool_parameters: Mapping[str, Any],
        workflow_call_depth: int,
        provider_name: str,
    ) -> Generator[ToolRuntimeMessage, None, None]:
        """Call the tool; its answer as the messages that the engine turns into outputs."""
        bound = _nodes_tool(tool_runtime)
        tool = bound.tool
        try:
            received = as_received(tool, tool_parameters)
            answer = self.caller.call(tool.provider_id, tool.name, received, self.app_id)
            self.daemon.after_call(bound.node_id)
        except DaemonDownError as down:
            raise ToolRuntimeInvocationError(_LOST) from down
        except ToolFailure as failure:
            raise ToolRuntimeInvocationError(_shown_by_dify(failure, provider_name)) from failure
        except ValueError as error:
            raise ToolRuntimeInvocationError(str(error)) from error
        for name, value in answer.variables.items():
            payload = _Message.VariableMessage(variable_name=name, variable_value=value)
            yield _Message(type=_Kind.VARIABLE, message=payload)
        for item in answer.json:
            yield _Message(type=_Kind.JSON, message=_Message.JsonMessage(json_object=dict(item)))
        if answer.text:
            yield _Message(type=_Kind.TEXT, message=_Message.TextMessage(text=answer.text))

    def get_usage(self, *, tool_runtime: ToolRuntimeHandle) -> LLMUsage:
        """A plugin's tool cannot report tokens to Dify's own counters."""
        return LLMUsage.empty_usage()

    def build_file_reference(self, *, mapping: Mapping[str, Any]) -> Any:
        """Refused: the runner keeps no files."""
        raise ToolFileError(f"the runner keeps no files, found one: {sorted(mapping)}")


def _nodes_tool(handle: ToolRuntimeHandle) -> _NodesTool:
    if not isinstance(handle.raw, _NodesTool):
        raise TypeError(f"a tool handle of another runtime: {handle.raw!r}")
    return handle.raw


def _shown_by_dify(failure: ToolFailure, provider_name: str) -> str:
    if failure.error_type in SDK_ERRORS:
        return failure.message
    return (
        f"An error occurred in the {provider_name}, please contact the author of {provider_name} for help, "
        f"error type: {failure.error_type}, error details: {failure.message}"
    )
