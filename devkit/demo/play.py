# SPDX-License-Identifier: Apache-2.0
"""Takes one case through the workflow, with decisions from its script or from the person at the terminal."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from approvals.domain.terms import Event, State
from devkit.demo.scenario import Answer, Case
from devkit.demo.world import World
from devkit.engine import Form, Run

type Decide = Callable[[Case, Form], Answer | None]


@dataclass(frozen=True, slots=True)
class Played:
    """What became of one case. `path` is the states it went through, with who moved it."""

    case: Case
    path: tuple[str, ...]
    outputs: Mapping[str, Any]
    seconds: float
    tokens: int
    cost_usd: float | None


def scripted() -> Decide:
    """Decisions as the case has them; when they are used up, nobody answers."""
    remaining: dict[Case, Iterator[Answer]] = {}

    def decide(case: Case, _form: Form) -> Answer | None:
        return next(remaining.setdefault(case, iter(case.decisions)), None)

    return decide


def play(world: World, case: Case, decide: Decide) -> Played:
    """Run the workflow for one case until it is closed, and the one that takes answers for every question.

    Raises RuntimeError when a workflow itself fails.
    """
    started = time.monotonic()
    run = world.runner(case.model).start(world.workflow, case.form)
    reply = _played(run, case, decide)
    path, outputs, trace = ["pending", *_path(run)], dict(run.outputs), run.trace
    while reply and run.outputs["state"] == State.RETURNED:
        answer = {"request_id": outputs["request_id"], "requester": case.requester, "answer": reply}
        run = world.runner(case.model).start(world.resume, answer)
        reply = _played(run, case, decide)
        path += _path(run)
        outputs |= run.outputs
    analysis = next((node.outputs for node in trace if node.node_id == "analyze" and node.outputs), {})
    return Played(
        case=case,
        path=tuple(path),
        outputs=outputs,
        seconds=time.monotonic() - started,
        tokens=int(analysis.get("tokens_used") or 0),
        cost_usd=analysis.get("cost_usd"),
    )


def _played(run: Run, case: Case, decide: Decide) -> str:
    """Answer every form of a run; what the requester says to the last question, "" where there was none."""
    reply = ""
    while run.pending_forms:
        form = run.pending_forms[0]
        answer = decide(case, form)
        if answer is None:
            run.advance_to(form.deadline)
        else:
            run.submit(form.node_id, answer.action, {"approver": answer.approver, "comment": answer.comment})
        reply = answer.reply if answer else ""
    if not run.status.succeeded:
        raise RuntimeError(f"the workflow ended {run.status}: {'; '.join(run.errors)}")
    return reply


def _path(run: Run) -> Iterator[str]:
    """The states in order, from what each `route_approval` answered."""
    for node in run.trace:
        state, event = node.outputs.get("state"), node.inputs.get("event")
        if not state or "next_step" not in node.outputs:
            continue
        if node.outputs.get("status") == "refused" and event == Event.SUBMIT:
            continue  # approval_resume.yml looks where the request stands
        if node.outputs.get("status") == "refused":
            yield (f"refused ({node.outputs.get('error_code')})")
        elif node.outputs.get("status") == "ok":
            if event in {Event.APPROVE, Event.REJECT} and state == State.ESCALATED:
                yield "refused"  # such a decision goes one level up
            yield f"{state}{_whose_turn(node.outputs)}"


def _whose_turn(outputs: Mapping[str, Any]) -> str:
    """The level that must decide next; of a closed request, whether anybody had to."""
    level = outputs.get("approver_level")
    if outputs.get("next_step") == "closed":
        return "" if level else " automatically"
    if outputs.get("next_step") == "resubmit":
        return " to the requester"
    return f" @{level}"
