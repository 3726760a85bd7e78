# SPDX-License-Identifier: Apache-2.0
"""What a user of Dify sees while a run goes on, and what it costs Dify to find out."""

from itertools import pairwise
from typing import Any

import pytest

from devkit.engine import Conversation, FilterOnResume, Run, RunStatus, Workflow
from tests.devkit.engine.worlds import (
    ScriptedTools,
    act,
    answer,
    chosen,
    form,
    output,
    runner,
    start,
    workflow,
)

BOTH = list(FilterOnResume)
NEW, STORED = FilterOnResume.NEW, FilterOnResume.STORED


def said(world: Workflow, tools: ScriptedTools | None = None, on_resume: FilterOnResume = STORED) -> Run:
    """One message to a chatflow."""
    return runner(tools, on_resume=on_resume).say(world, Conversation(), "a lamp")


def test_an_answer_is_streamed_as_it_stands_in_the_outputs() -> None:
    world = workflow({"start": start(), "say": answer("You want {{#sys.query#}}.")}, "start -> say")

    run = said(world)

    assert run.streamed == run.outputs["answer"] == "You want a lamp."


def test_only_the_answer_of_the_branch_that_was_taken_is_streamed() -> None:
    nodes = {"start": start(), "which": chosen("a lamp"), "lamp": answer("Light!"), "other": answer("Hm.")}

    run = said(workflow(nodes, "start -> which, which -yes-> lamp, which -false-> other"))

    assert run.streamed == "Light!"


class TestAToolsVariableInAnAnswer:
    """Dify ends every variable of a tool as an empty stream, so an Answer that names it shows nothing."""

    NODES = {  # noqa: RUF012 - an example
        "start": start(),
        "submit": act(),
        "reason": {
            "type": "variable-aggregator",
            "title": "Reason",
            "output_type": "string",
            "variables": [["submit", "reason"]],
        },
    }

    def test_shows_nothing_when_it_is_named_straight(self) -> None:
        nodes = {**self.NODES, "say": answer("It is on record. {{#submit.reason#}}.")}

        run = said(workflow(nodes, "start -> submit, submit -> say"), ScriptedTools([{"reason": "Too dear"}]))

        assert run.outputs["answer"] == "It is on record. Too dear."
        assert run.streamed == "It is on record. ."

    def test_shows_by_way_of_an_aggregator(self) -> None:
        nodes = {**self.NODES, "say": answer("It is on record. {{#reason.output#}}.")}
        edges = "start -> submit, submit -> reason, reason -> say"

        run = said(workflow(nodes, edges), ScriptedTools([{"reason": "Too dear"}]))

        assert run.streamed == run.outputs["answer"] == "It is on record. Too dear."


class TestAnAnswerAfterAPause:
    """An if-else before the pause leads to it: a new filter never learns that the branch was taken."""

    BEHIND = workflow(
        {"start": start(), "which": chosen("a lamp"), "ask": form(), "say": answer("Approved.")},
        "start -> which, which -yes-> ask, ask -yes-> say",
    )
    FREE = workflow(
        {"start": start(), "ask": form(), "which": chosen("a lamp"), "say": answer("Approved.")},
        "start -> ask, ask -yes-> which, which -yes-> say",
    )

    def test_is_never_shown_where_dify_makes_a_new_filter(self) -> None:
        run = decided(self.BEHIND, NEW)

        assert run.outputs["answer"] == "Approved."
        assert run.streamed == ""

    def test_is_shown_where_dify_stores_the_filter(self) -> None:
        assert decided(self.BEHIND, STORED).streamed == "Approved."

    @pytest.mark.parametrize("on_resume", BOTH)
    def test_is_always_shown_when_no_branch_lies_before_the_pause(self, on_resume: FilterOnResume) -> None:
        assert decided(self.FREE, on_resume).streamed == "Approved."


@pytest.mark.parametrize(("on_resume", "seen"), [(NEW, "Wait.Wait."), (STORED, "Wait.Done.")])
def test_an_answer_before_the_pause_comes_twice_and_hides_the_next_where_dify_makes_a_new_filter(
    on_resume: FilterOnResume, seen: str
) -> None:
    nodes = {"start": start(), "wait": answer("Wait."), "ask": form(), "say": answer("Done.")}
    world = workflow(nodes, "start -> wait, wait -> ask, ask -yes-> say")

    run = said(world, on_resume=on_resume)
    assert run.streamed == "Wait."
    run.submit("ask", "yes", {"comment": ""})

    assert run.outputs["answer"] == "Wait.Done."
    assert run.streamed == seen


def decided(world: Workflow, on_resume: FilterOnResume) -> Run:
    run = said(world, on_resume=on_resume)
    assert run.status is RunStatus.PAUSED
    run.submit("ask", "yes", {"comment": ""})
    return run


class TestManyPaths:
    """Dify lists every path at each start and resume, and stores the list at each pause."""

    @staticmethod
    def in_a_row(branches: int) -> Workflow:
        """Forms of two buttons, each of which leads to the next form."""
        nodes: dict[str, dict[str, Any]] = {"start": start()}
        nodes |= {f"ask{number}": form() for number in range(branches)}
        nodes |= {"output": output()}
        names = list(nodes)
        edges = ["start -> ask0"]
        for one, other in pairwise(names[1:]):
            edges += [f"{one} -yes-> {other}", f"{one} -no-> {other}"]
        return workflow(nodes, ", ".join(edges))

    def test_cost_time_at_each_start_and_resume_and_room_at_each_pause(self) -> None:
        few, many = self.in_a_row(4), self.in_a_row(11)
        assert (few.paths().paths, many.paths().paths) == (16, 2048)

        cheap, dear = runner().start(few), runner().start(many)

        assert len(dear.pause_state) > 20 * len(cheap.pause_state)
        assert dear.filter_seconds[0] > 10 * cheap.filter_seconds[0]
        dear.submit("ask0", "yes", {"comment": ""})
        assert dear.filter_seconds[1] > 10 * cheap.filter_seconds[0]

    def test_are_not_stored_where_dify_makes_a_new_filter(self) -> None:
        paused = runner(on_resume=NEW).start(self.in_a_row(11))

        assert len(paused.pause_state) < 20_000
