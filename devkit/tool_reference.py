# SPDX-License-Identifier: Apache-2.0
"""`python -m devkit.tool_reference` writes docs/tools.md and docs/openapi.yaml from the tools' YAML files.

`--check` only compares.

What a person reads in Dify and what stands in the documentation are then the same words.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from approvals.errors import ErrorCode
from devkit.openapi import document

ROOT: Final = Path(__file__).resolve().parents[1]
PAGE: Final = ROOT / "docs" / "tools.md"
ORDER: Final = (
    "analyze_approval",
    "route_approval",
    "find_approvals",
    "analyze_batch",
    "sweep_deadlines",
    "replay_dead_letters",
)

_BEGINNING: Final = """\
<!-- Written by `python -m devkit.tool_reference`; change the tools' YAML files, or that module. -->
# The tools

Every parameter is text, and each is read and checked by the plugin: Dify turns other types into text or drops them
before a tool sees them. Every variable that is listed is there in every answer, unless its description says that it is
left out, and none is ever null. Each answer is given three times: as the variables, as one `json` object with all of
them, and as a `text` for people.

**`status` says how a call ended.** What is wrong with a call is an answer too, with `status` `refused`, an
`error_code` and an `error_message` that names the value and says what to do; a workflow goes on along its one edge and
looks at `status`. A tool raises for two codes alone, `store_unavailable` and `shutting_down`: the same call, made again
by the node's retry, may then succeed. Let tool nodes retry ten times, five seconds apart, which outlasts a restart of
the plugin daemon.

**Agents.** Dify lets an agent fill in every parameter. `analyze_approval`, `analyze_batch` and `find_approvals` are
safe in an agent's hands: the policy outranks what they say, and no parameter of theirs decides anything. With
`route_approval` an agent could name any person and any level, so give it to workflows, which ask a person first.
"""

_CODES: Final[Mapping[ErrorCode, tuple[str, str]]] = {
    ErrorCode.BAD_PARAMETER: (
        "A parameter or a setting cannot be read, or the endpoint refuses the key, the address or the model's name.",
        "Correct the value that the message names. A stored request is read when the same call comes again.",
    ),
    ErrorCode.BAD_POLICY: ("The policy is refused as a whole.", "Correct the place that the message names."),
    ErrorCode.NOT_FOUND: ("No request has this id.", "Check the id; it is the `request_id` of the analysis."),
    ErrorCode.ALREADY_EXISTS: (
        "The id stands for a request with other content.",
        "Use a new id, or leave it empty to have one made.",
    ),
    ErrorCode.INVALID_TRANSITION: (
        "The event is not possible in the request's state.",
        "The message names the state and the events that are possible.",
    ),
    ErrorCode.NO_HIGHER_LEVEL: (
        "The request is at the highest level already.",
        "Approve or reject it there.",
    ),
    ErrorCode.NOT_AUTHORIZED: (
        "This person may not decide: the requester, somebody who signed before, below the level, or not listed.",
        "Somebody else decides. With `if_refused: escalate` the request goes one level up instead.",
    ),
    ErrorCode.NOT_DUE: (
        "A `timeout` before the deadline of the request, such as a form that ran out early. The request stays open.",
        "Leave it to `sweep_deadlines`, or ask again with approval_resume.yml before that.",
    ),
    ErrorCode.VERSION_CONFLICT: (
        "The request has changed since `expected_version`, or new content is being analysed; `status` is `conflict`.",
        "Look at where it stands now, which the answer says, and decide again.",
    ),
    ErrorCode.IDEMPOTENCY_MISMATCH: (
        "An `idempotency_key` or a `content_digest` belongs to something else.",
        "Use a new key for a new step, and an id of its own for another request.",
    ),
    ErrorCode.MODEL_UNAVAILABLE: (
        "The model cannot be reached or answers with an error; the request goes to a person.",
        "Nothing; `replay_dead_letters` reads what still waits to be submitted.",
    ),
    ErrorCode.MODEL_REPLY_INVALID: (
        "The model answered twice with something that is no analysis; the request goes to a person.",
        "Choose another model if it keeps happening.",
    ),
    ErrorCode.RATE_LIMITED: (
        "The limits of the settings or of the endpoint leave no room within the deadline.",
        "Raise `rpm_limit` or `tpm_limit` if the endpoint allows it, or send fewer at a time.",
    ),
    ErrorCode.CIRCUIT_OPEN: (
        "The endpoint failed so often that it is left alone for a while.",
        "Nothing; it is tried again by itself.",
    ),
    ErrorCode.DEADLINE_EXCEEDED: (
        "There was no answer within `deadline_seconds`, or the time of a batch was over.",
        "Raise `deadline_seconds`, or send the rest of the batch again.",
    ),
    ErrorCode.BUDGET_EXCEEDED: (
        (
            "The account at the provider is empty, or `daily_budget_usd` is spent or cannot be counted; the request "
            "goes to a person."
        ),
        (
            "Top up the account, raise the budget, or wait for the next day (UTC); `replay_dead_letters` then reads "
            "what still waits to be submitted. See [budget.md](budget.md)."
        ),
    ),
    ErrorCode.STORE_UNAVAILABLE: (
        "The records cannot be read or written now. Raised, so that the node tries again.",
        "Check the database if it lasts.",
    ),
    ErrorCode.STORE_FULL: (
        "The storage that Dify grants the plugin is full.",
        "Raise `PERSISTENCE_STORAGE_MAX_SIZE` of the plugin daemon, or set `store_url`.",
    ),
    ErrorCode.SHUTTING_DOWN: (
        "The plugin is being stopped. Raised, so that the node tries again.",
        "Nothing; the next try reaches the new process.",
    ),
}


def written() -> str:
    """The text of the page."""
    return "\n".join([_BEGINNING, *(_tool(name) for name in ORDER), _errors()])


def _tool(name: str) -> str:
    declared = yaml.safe_load((ROOT / "tools" / f"{name}.yaml").read_text(encoding="utf-8"))
    parameters = [
        (_named(one["name"], required=one["required"]), one["human_description"]["en_US"])
        for one in declared["parameters"]
    ]
    variables = [
        (f"`{path}`", _kind(schema), schema["description"])
        for path, schema in _variables(declared["output_schema"]["properties"])
    ]
    return "\n".join(
        [
            f"## `{name}`",
            "",
            declared["description"]["human"]["en_US"],
            "",
            _table(("parameter", "what it is"), parameters),
            "",
            _table(("variable", "type", "what it is"), variables),
            "",
        ]
    )


def _named(name: str, *, required: bool) -> str:
    return f"**`{name}`** (required)" if required else f"`{name}`"


def _variables(properties: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every variable with its path; of a list of objects their members too, as `name[].member`."""
    for name, schema in properties.items():
        yield f"{prefix}{name}", schema
        items = schema.get("items", {})
        yield from _variables(items.get("properties", {}), f"{prefix}{name}[].")


def _kind(schema: Mapping[str, Any]) -> str:
    return f"array[{schema['items']['type']}]" if schema["type"] == "array" else str(schema["type"])


def _errors() -> str:
    rows = [(f"`{code}`", meaning, remedy) for code, (meaning, remedy) in _CODES.items()]
    return f"## Error codes\n\n{_table(('code', 'what happened', 'what to do'), rows)}\n"


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [heads, ("---",) * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '\\|') for cell in line)} |" for line in lines)


def main(arguments: list[str]) -> int:
    """Write what is made from the tools' YAML files, or compare it. Returns 1 when `--check` finds it out of date."""
    stale = [
        (page, text)
        for page, text in ((PAGE, written()), (document.PAGE, document.written()))
        if not page.exists() or page.read_text(encoding="utf-8") != text
    ]
    for page, text in stale:
        if "--check" not in arguments:
            page.write_text(text, encoding="utf-8")
        print(f"docs/{page.name}: {'out of date' if '--check' in arguments else 'written'}")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
