# SPDX-License-Identifier: Apache-2.0
from datetime import timedelta

import pytest

from devkit.engine import FormError, Run, RunStatus
from tests.devkit.engine.worlds import NOON, ScriptedTools, form, output, runner, start, workflow

HOUR = timedelta(hours=1)


def asked(**changes: object) -> Run:
    """A run that waits at `first`; yes leads to `second`, and both to the output."""
    world = workflow(
        {
            "start": start({"name": "who", "type": "text-input"}),
            "first": form(**changes),
            "second": form(title="Ask again", form_content="{{#first.comment#}} {{#start.gone#}}"),
            "output": output(
                first=["first", "__action_id"],
                label=["first", "__action_value"],
                shown=["first", "__rendered_content"],
                second=["second", "__action_id"],
            ),
        },
        "start -> first, first -yes-> second, first -no-> output, first -__timeout-> second, "
        "second -yes-> output, second -no-> output, second -__timeout-> output",
    )
    return runner(ScriptedTools()).start(world, {"who": "Mia"})


def test_a_run_pauses_at_a_form_and_shows_what_the_person_sees() -> None:
    run = asked(form_content="**{{#start.who#}}** asks.\n\n{{#$output.comment#}}")

    [waiting] = run.pending_forms
    assert run.status is RunStatus.PAUSED
    assert (waiting.node_id, waiting.title) == ("first", "Ask")
    assert waiting.content == "**Mia** asks.\n\n{{#$output.comment#}}"
    assert waiting.inputs == ("comment",)
    assert waiting.actions == {"yes": "Yes", "no": "No"}
    assert (waiting.opened_at, waiting.deadline) == (NOON, NOON + 2 * HOUR)
    assert repr(run) == "Run('World', paused, waits at first)"


def test_an_answer_takes_the_edge_of_its_button_with_its_fields() -> None:
    run = asked()

    run.submit("first", "no", {"comment": "too dear"})

    assert run.status is RunStatus.SUCCEEDED
    assert run.outputs == {
        "first": "no",
        "label": "No",
        "shown": "Please decide.\n\ntoo dear",
        "second": None,
    }
    assert run.edges_taken == {"start-source-first", "first-no-output"}


def test_the_next_form_reads_the_answer_to_the_one_before() -> None:
    run = asked()

    run.submit("first", "yes", {"comment": "fine"})

    assert run.pending_forms[0].content == "fine start.gone"
    run.submit("second", "yes", {"comment": ""})
    assert run.outputs["second"] == "yes"


def test_time_takes_the_timeout_branch_of_every_form_that_is_due() -> None:
    run = asked(timeout=3)

    run.advance_to(NOON + 2 * HOUR)
    assert run.pending_forms[0].node_id == "first"

    run.advance_to(NOON + 4 * HOUR)
    assert run.now == NOON + 4 * HOUR
    assert run.pending_forms[0].node_id == "second"
    assert run.pending_forms[0].deadline == NOON + 5 * HOUR

    run.advance_to(NOON + 9 * HOUR)
    assert run.status is RunStatus.SUCCEEDED
    assert run.outputs["first"] == ""
    assert "first-__timeout-second" in run.edges_taken


def test_several_deadlines_pass_in_one_step_and_in_order() -> None:
    run = asked()

    run.advance_to(NOON + 4 * HOUR)

    assert run.status is RunStatus.SUCCEEDED
    assert run.path == ("start", "first", "second", "output")


@pytest.mark.parametrize(
    ("node", "action", "fields", "complaint"),
    [
        ("second", "yes", {"comment": ""}, "no form waits at node 'second'; waiting: first"),
        ("first", "perhaps", {"comment": ""}, "action 'perhaps' is not on the form; allowed: yes, no"),
        ("first", "yes", {}, r"fields \[\] do not fit the form, which has \['comment'\]"),
        ("first", "yes", {"comment": "", "x": ""}, "do not fit"),
    ],
)
def test_what_the_form_does_not_have_is_refused_and_it_stays_open(
    node: str, action: str, fields: dict[str, str], complaint: str
) -> None:
    run = asked()

    with pytest.raises(FormError, match=complaint):
        run.submit(node, action, fields)

    assert run.pending_forms[0].node_id == "first"
