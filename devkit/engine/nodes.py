# SPDX-License-Identifier: Apache-2.0
"""Builds the engine's nodes from a workflow's data, and gives them what they need from outside."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from graphon.entities.base_node_data import BaseNodeData
from graphon.entities.graph_config import NodeConfigDict
from graphon.enums import BuiltinNodeTypes, NodeExecutionType, WorkflowNodeExecutionStatus
from graphon.node_events.base import NodeRunResult
from graphon.nodes.answer.answer_node import AnswerNode
from graphon.nodes.base.node import Node
from graphon.nodes.code.code_node import CodeNode
from graphon.nodes.end.end_node import EndNode
from graphon.nodes.http_request.config import build_http_request_config
from graphon.nodes.http_request.node import HttpRequestNode
from graphon.nodes.human_input.entities import HITLContext, HITLDecision
from graphon.nodes.human_input.human_input_node import HumanInputNode
from graphon.nodes.if_else.if_else_node import IfElseNode
from graphon.nodes.iteration.iteration_node import IterationNode
from graphon.nodes.iteration.iteration_start_node import IterationStartNode
from graphon.nodes.loop.loop_end_node import LoopEndNode
from graphon.nodes.loop.loop_node import LoopNode
from graphon.nodes.loop.loop_start_node import LoopStartNode
from graphon.nodes.start.start_node import StartNode
from graphon.nodes.template_transform.template_transform_node import TemplateTransformNode
from graphon.nodes.tool.exc import ToolFileError
from graphon.nodes.tool.tool_node import ToolNode
from graphon.nodes.variable_aggregator.variable_aggregator_node import VariableAggregatorNode
from graphon.nodes.variable_assigner.v1.node import VariableAssignerNode as VariableAssignerNodeV1
from graphon.nodes.variable_assigner.v2.node import VariableAssignerNode as VariableAssignerNodeV2
from graphon.runtime.init_params import InitParams
from graphon.runtime.runtime_state import RuntimeState
from graphon.template_rendering import Jinja2TemplateRenderer, TemplateRenderError
from jinja2 import Environment, TemplateError

from approvals.errors import shown
from devkit.engine.code import LIMITS, PythonCode
from devkit.engine.forms import RunForms
from devkit.engine.http import LoopbackHttp
from devkit.engine.tools import ToolRuntime

type _NodeClass = type[Node[Any]]


def _trigger(kind: str) -> _NodeClass:
    """Stands in for one of Dify's own trigger nodes: offers the payload that the run started with."""

    class TriggerNode(Node[BaseNodeData]):
        node_type = kind
        execution_type = NodeExecutionType.ROOT

        @classmethod
        def version(cls) -> str:
            return "1"

        def _run(self) -> NodeRunResult:
            payload = dict(self.runtime_state.variable_pool.get_by_prefix(self.id))
            return NodeRunResult(
                status=WorkflowNodeExecutionStatus.SUCCEEDED, inputs=payload, outputs=payload
            )

    return TriggerNode


_CLASSES: Mapping[str, _NodeClass] = {
    BuiltinNodeTypes.START: StartNode,
    "trigger-webhook": _trigger("trigger-webhook"),
    "trigger-schedule": _trigger("trigger-schedule"),
    "trigger-plugin": _trigger("trigger-plugin"),
    BuiltinNodeTypes.END: EndNode,
    BuiltinNodeTypes.ANSWER: AnswerNode,
    BuiltinNodeTypes.IF_ELSE: IfElseNode,
    BuiltinNodeTypes.ITERATION: IterationNode,
    BuiltinNodeTypes.ITERATION_START: IterationStartNode,
    BuiltinNodeTypes.LOOP: LoopNode,
    BuiltinNodeTypes.LOOP_START: LoopStartNode,
    BuiltinNodeTypes.LOOP_END: LoopEndNode,
    BuiltinNodeTypes.TEMPLATE_TRANSFORM: TemplateTransformNode,
    BuiltinNodeTypes.TOOL: ToolNode,
    BuiltinNodeTypes.CODE: CodeNode,
    BuiltinNodeTypes.HTTP_REQUEST: HttpRequestNode,
    BuiltinNodeTypes.HUMAN_INPUT: HumanInputNode,
    BuiltinNodeTypes.VARIABLE_AGGREGATOR: VariableAggregatorNode,
}


class _Jinja(Jinja2TemplateRenderer):
    """Dify's rendering: an undefined name is empty, and nothing is escaped."""

    _environment: ClassVar[Environment] = Environment()  # noqa: S701 - what is rendered is text, not a page

    def render_template(self, template: str, variables: Mapping[str, Any]) -> str:
        try:
            return self._environment.from_string(template).render(**variables)
        except TemplateError as error:
            raise TemplateRenderError(str(error)) from error


class _NoFiles:
    """Refuses files: the runner keeps none."""

    def create_file_by_raw(self, *, file_binary: bytes, mimetype: str, filename: str | None = None) -> Any:
        raise ToolFileError(
            f"the runner keeps no files, found {filename!r} ({mimetype}, {len(file_binary)} bytes)"
        )

    def get_file_generator_by_tool_file_id(self, tool_file_id: str) -> tuple[None, None]:
        del tool_file_id
        return None, None


@dataclass(frozen=True, slots=True)
class NodeBuilder:
    """The engine's node factory. The engine copies it for each frame of an iteration or a loop."""

    init_params: InitParams
    runtime_state: RuntimeState
    tools: ToolRuntime
    forms: RunForms

    def with_runtime_state(self, runtime_state: RuntimeState) -> "NodeBuilder":
        """A builder for another frame's variables."""
        return replace(self, runtime_state=runtime_state)

    def with_graph_config(self, graph_config: Mapping[str, Any]) -> "NodeBuilder":
        """A builder for another frame's part of the graph."""
        return replace(self, init_params=self.init_params.model_copy(update={"graph_config": graph_config}))

    def validate_node(self, node_config: NodeConfigDict) -> NodeExecutionType:
        """Check a node's data against the engine's model. Raises ValueError."""
        node_class = _class_for(node_config)
        node_class.validate_node_data(node_config["data"])
        return node_class.execution_type

    def create_node(self, node_config: NodeConfigDict) -> Node[Any]:
        """The node, ready to run."""
        node_class = _class_for(node_config)
        if node_class is HumanInputNode:
            return self._form_node(node_config)
        return node_class(**self._common(node_config, node_class), **self._extras(node_class))

    def _extras(self, node_class: _NodeClass) -> Mapping[str, Any]:
        """What nodes of a class need from outside."""
        if node_class is ToolNode:
            return {"tool_file_manager": _NoFiles(), "runtime": self.tools}
        if node_class is TemplateTransformNode:
            return {"jinja2_template_renderer": _Jinja()}
        if node_class is CodeNode:
            return {"code_executor": PythonCode(), "code_limits": LIMITS}
        if node_class is HttpRequestNode:
            no_files: Any = _NoFiles()
            return {
                "http_request_config": build_http_request_config(),
                "http_client": LoopbackHttp(),
                "tool_file_manager_factory": _NoFiles,
                "file_manager": no_files,
                "file_reference_factory": no_files,
            }
        return {}

    def _form_node(self, node_config: NodeConfigDict) -> HumanInputNode:
        def decide(context: HITLContext) -> HITLDecision:
            return self.forms.decide(node, context)

        node = HumanInputNode(**self._common(node_config, HumanInputNode), hitl_callback=decide)
        return node

    def _common(self, node_config: NodeConfigDict, node_class: _NodeClass) -> dict[str, Any]:
        return {
            "node_id": node_config["id"],
            "data": node_class.validate_node_data(node_config["data"]),
            "init_params": self.init_params,
            "runtime_state": self.runtime_state,
        }


def _class_for(node_config: NodeConfigDict) -> _NodeClass:
    data = node_config["data"]
    if data.type == BuiltinNodeTypes.VARIABLE_ASSIGNER:
        return VariableAssignerNodeV2 if data.version == "2" else VariableAssignerNodeV1
    found = _CLASSES.get(data.type)
    if found is None:
        raise ValueError(
            f"node {node_config['id']!r} has type {shown(data.type)}, which the runner does not run; "
            f"it runs: {', '.join(sorted(_CLASSES))}"
        )
    return found
