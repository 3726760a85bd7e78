# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

from devkit.engine import Conversation, Workflow
from tests.devkit.engine.worlds import form, runner, start, workflow

REMEMBER = {
    "type": "assigner",
    "title": "Remember",
    "version": "2",
    "items": [
        {
            "variable_selector": ["conversation", "last"],
            "input_type": "variable",
            "operation": "over-write",
            "value": ["sys", "query"],
        }
    ],
}
SAY = {"type": "answer", "title": "Say", "answer": "{{#sys.dialogue_count#}}: {{#conversation.last#}}"}


def chat(edges: str) -> Workflow:
    nodes = {"start": start(), "say": SAY, "remember": REMEMBER, "ask": form()}
    used = {name: data for name, data in nodes.items() if name in edges}
    variables = [{"name": "last", "value_type": "string", "value": "nothing yet"}]
    return replace(workflow(used, edges), conversation=variables)


def test_a_message_sees_what_the_one_before_left() -> None:
    talk = Conversation()
    world = chat("start -> say, say -> remember")

    answers = [runner().say(world, talk, said).outputs["answer"] for said in ("a lamp", "a chair")]

    assert answers == ["1: nothing yet", "2: a lamp"]
    assert talk.variables == {"last": "a chair"}


def test_two_conversations_know_nothing_of_each_other() -> None:
    one, other = Conversation(), Conversation()
    world = chat("start -> remember, remember -> say")

    runner().say(world, one, "a lamp")
    runner().say(world, other, "a chair")

    assert (one.variables["last"], other.variables["last"]) == ("a lamp", "a chair")
    assert one.conversation_id != other.conversation_id


def test_what_is_remembered_after_a_pause_is_kept_too() -> None:
    talk = Conversation()
    world = chat("start -> ask, ask -yes-> remember, remember -> say")

    run = runner().say(world, talk, "a lamp")
    assert talk.variables == {"last": "nothing yet"}
    run.submit("ask", "yes", {"comment": ""})

    assert talk.variables == {"last": "a lamp"}
    assert run.outputs["answer"] == "1: a lamp"
