# SPDX-License-Identifier: Apache-2.0
"""The table of the rules. `error` at `dify` means: Dify refuses it on import or publishing, or every run breaks."""

from devkit.lint.finding import Severity
from devkit.lint.rules import (
    code,
    containers,
    envelope,
    graph,
    handles,
    human_input,
    ids,
    limits,
    operands,
    outputs,
    secrets,
    selectors,
    start,
    templates,
    tools,
)
from devkit.lint.rules.rule import Rule, Subject

__all__ = ["RULES", "Rule", "Subject"]

E, W = Severity.ERROR, Severity.WARNING

RULES: tuple[Rule, ...] = (
    # name, at dify, at bundle, check
    Rule("dependency", W, E, envelope.dependencies),
    Rule("variable-name", W, E, envelope.variable_names),
    Rule("secret-value", W, E, secrets.environment_secrets),
    Rule("secret-literal", W, E, secrets.literal_secrets),
    Rule("credential-id", W, E, secrets.credential_ids),
    Rule("node-id", E, E, ids.node_ids),
    Rule("node-id-form", W, E, ids.node_id_form),
    Rule("edge-id", W, E, ids.edge_ids),
    Rule("edge-id-form", None, E, ids.edge_id_form),
    Rule("edge-end", W, E, ids.edge_ends),
    Rule("edge-data", None, E, ids.edge_data),
    Rule("note", None, E, ids.notes),
    Rule("root", W, E, graph.roots),
    Rule("start-and-trigger", E, E, graph.start_and_trigger),
    Rule("mode", W, E, graph.modes),
    Rule("unreachable", W, E, graph.unreachable),
    Rule("cycle", E, E, graph.cycles),
    Rule("dead-end", None, E, graph.dead_ends),
    Rule("branch-open", W, E, handles.open_branches),
    Rule("handle", W, E, handles.unknown_handles),
    Rule("selector", W, E, selectors.selectors),
    Rule("template", W, E, selectors.templates),
    Rule("jinja", W, E, templates.jinja),
    Rule("code", W, E, code.code),
    Rule("operand-type", W, E, operands.operand_types),
    Rule("operand-value", W, E, operands.operand_values),
    Rule("tool-provider", W, E, tools.providers),
    Rule("tool-name", W, E, tools.names),
    Rule("tool-parameter", W, E, tools.parameters),
    Rule("tool-required", W, E, tools.required),
    Rule("tool-value", W, E, tools.values),
    Rule("tool-outputs", W, E, tools.output_schemas),
    Rule("form-delivery", E, E, human_input.deliveries),
    Rule("form-address", E, E, human_input.addresses),
    Rule("form-actions", E, E, human_input.actions),
    Rule("form-fields", W, E, human_input.fields),
    Rule("form-timeout", W, E, human_input.timeouts),
    Rule("form-parallel", W, E, human_input.parallel),
    Rule("form-in-container", W, E, human_input.contained),
    Rule("start-field", W, E, start.fields),
    Rule("output-name", W, E, outputs.names),
    Rule("output-name-typo", None, E, outputs.name_typos),
    Rule("output-type", None, E, outputs.types),
    Rule("container", W, E, containers.containers),
    Rule("steps", W, E, limits.steps),
    Rule("steps-per-item", W, W, limits.steps_per_item),
    Rule("depth", W, E, limits.depth),
)
