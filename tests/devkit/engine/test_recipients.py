# SPDX-License-Identifier: Apache-2.0
from typing import Any

import pytest

from devkit.engine import Run, RunStatus
from tests.devkit.engine.worlds import ScriptedTools, form, output, runner, start, workflow

ADDRESS = {"type": "dynamic_email", "selector": ["start", "mail"]}
MAIL = {"subject": "Please decide", "body": "{{#start.mail#}} decides here: {{#url#}}"}


def asked(mail: str, *recipients: dict[str, Any], **changes: Any) -> Run:
    """A run to a form of version 2."""
    data = form(version="2", recipients_spec=[*recipients], message_template=MAIL) | changes
    world = workflow(
        {
            "start": start({"name": "mail", "type": "text-input"}, {"name": "age", "type": "number"}),
            "ask": data,
            "output": output(said=["ask", "__action_id"]),
        },
        "start -> ask, ask -yes-> output, ask -no-> output, ask -__timeout-> output",
    )
    return runner(ScriptedTools()).start(world, {"mail": mail, "age": 5})


def test_a_form_goes_to_the_address_that_a_variable_holds_and_ends_as_any_other() -> None:
    run = asked(" ann@example.com ", ADDRESS)

    assert run.pending_forms[0].recipients == ("ann@example.com",)
    run.submit("ask", "no", {"comment": ""})
    assert run.outputs == {"said": "no"}


def test_an_address_that_is_given_twice_is_told_once_and_the_others_too() -> None:
    once = {"type": "onetime_email", "email": "ann@example.com"}
    others = [{"type": "initiator"}, {"type": "contact", "contact_id": "c-1"}]

    assert asked("ann@example.com", ADDRESS, once, *others).pending_forms[0].recipients == (
        "ann@example.com",
        "initiator",
        "c-1",
    )


@pytest.mark.parametrize(
    ("mail", "recipient"),
    [
        (" ", ADDRESS),
        ("nobody", ADDRESS),
        ("", {"type": "dynamic_email", "selector": ["start", "gone"]}),
        ("", {"type": "dynamic_email", "selector": ["start", "age"]}),
    ],
    ids=["blank", "no address", "missing", "no text"],
)
def test_a_form_that_reaches_nobody_fails_the_run_as_in_dify(mail: str, recipient: dict[str, Any]) -> None:
    run = asked(mail, recipient)

    assert run.status is RunStatus.FAILED
    assert "No one can approve this step." in run.errors[-1]


@pytest.mark.parametrize("body", ["Decide!", "{{#url#}} or {{#url#}}", "{{#start.mail#}} {{#url#}}"])
def test_a_mail_holds_the_forms_address_once(body: str) -> None:
    run = asked("{{#url#}}@x", ADDRESS, message_template={"subject": "Decide", "body": body})

    assert run.status is RunStatus.FAILED
    assert "exactly one Request URL" in run.errors[-1]


def test_a_field_is_filled_from_a_variable_or_with_a_text() -> None:
    fields = {
        "who": {"type": "variable", "selector": ["start", "mail"]},
        "why": {"type": "constant", "value": "-"},
    }
    inputs = [
        {"type": "paragraph", "output_variable_name": name, "default": one} for name, one in fields.items()
    ]

    assert asked("a@b.io", ADDRESS, inputs=inputs).pending_forms[0].filled == {"who": "a@b.io", "why": "-"}


def test_the_first_version_waits_whether_or_not_anybody_is_told() -> None:
    recipients = {"items": [{"type": "external", "email": "a@b.io"}]}
    mail = {"type": "email", "config": {"recipients": recipients, "subject": "Decide", "body": "{{#url#}}"}}
    quiet = {"type": "webapp", "enabled": False}
    methods = [{"type": "webapp"}, mail, quiet]
    world = workflow(
        {"start": start(), "ask": form(delivery_methods=methods), "output": output()},
        "start -> ask, ask -yes-> output",
    )

    [waiting] = runner(ScriptedTools()).start(world).pending_forms
    assert waiting.recipients == ("webapp", "a@b.io")
