# SPDX-License-Identifier: Apache-2.0
from typing import Any

import pytest

from devkit.engine import Form, FormError
from devkit.engine.mail import body_html, plain_subject
from tests.devkit.engine.worlds import form, output, runner, start, workflow

ANN = {"type": "external", "email": "ann@example.com"}


def opened(content: str, **changes: Any) -> Form:
    """A form that waits, in a run whose start form held `content`."""
    world = workflow(
        {"start": start({"name": "content", "type": "paragraph"}), "ask": form(**changes), "end": output()},
        "start -> ask, ask -yes-> end, ask -no-> end, ask -__timeout-> end",
    )
    return runner().start(world, {"content": content}).pending_forms[0]


def by_mail(body: str, subject: str = "Please decide", **config: Any) -> dict[str, Any]:
    """An email delivery of the first version of the node."""
    recipients = {"whole_workspace": False, "items": [ANN]}
    return {
        "id": "5f0ac7a2-6d4e-4a86-8f3c-8f6f5a9d2c11",
        "type": "email",
        "enabled": True,
        "config": {"recipients": recipients, "subject": subject, "body": body, **config},
    }


def test_the_body_has_its_variables_and_the_link_to_the_form() -> None:
    waiting = opened("A lamp", delivery_methods=[by_mail("{{#start.content#}}: [Decide here]({{#url#}})")])

    mail = waiting.mail
    link = f"https://dify.example.com/form/{waiting.form_id}"
    assert mail.recipients == ("ann@example.com",)
    assert mail.html == f'<p>A lamp: <a href="{link}">Decide here</a></p>'
    assert mail.text == "A lamp: Decide here"


def test_the_subject_of_the_first_version_is_taken_as_it_stands() -> None:
    subject = "Decide\n<b>now</b>:  {{#start.content#}} & more"

    waiting = opened("A lamp", delivery_methods=[by_mail("{{#url#}}", subject)])

    assert waiting.mail.subject == "Decide now: {{#start.content#}} &amp; more"


def test_the_second_version_fills_its_subject() -> None:
    waiting = opened(
        "A <b>lamp</b>",
        version="2",
        recipients_spec=[{"type": "onetime_email", "email": "ann@example.com"}],
        message_template={"subject": "Decide: {{#start.content#}}", "body": "Here: {{#url#}}"},
    )

    assert waiting.mail.recipients == ("ann@example.com",)
    assert waiting.mail.subject == "Decide: A lamp"
    assert waiting.mail.text == f"Here: https://dify.example.com/form/{waiting.form_id}"


def test_whole_workspaces_and_members_are_told_and_what_is_switched_off_is_not() -> None:
    everyone = {"whole_workspace": True, "items": [{"type": "member", "reference_id": "m-1"}, ANN]}
    methods = [by_mail("{{#url#}}", recipients=everyone), {**by_mail("{{#url#}}"), "enabled": False}]

    waiting = opened("", delivery_methods=methods)

    assert waiting.mail.recipients == waiting.recipients == ("workspace", "m-1", "ann@example.com")


def test_a_form_without_a_mail_says_so() -> None:
    waiting = opened("", delivery_methods=[])

    assert waiting.mails == ()
    with pytest.raises(FormError, match="'ask' sends 0 mails"):
        _ = waiting.mail


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        ("**bold** *soft* `code`", "<p><strong>bold</strong> <em>soft</em> <code>code</code></p>"),
        ("# Heading", "Heading"),
        ("> quoted", "<p>&gt; quoted</p>"),
        ("see https://example.com", "<p>see https://example.com</p>"),
        ("![shot](https://example.com/a.png)", "<p></p>"),
        ("[a](javascript:x) [b](mailto:a@b.c)", '<p><a>a</a> <a href="mailto:a@b.c">b</a></p>'),
        ("a <b>tag</b> & more", "<p>a tag &amp; more</p>"),
        ("one  \ntwo\nthree", "<p>one<br>\ntwo\nthree</p>"),
        ("`a & b`", "<p><code>a &amp;amp; b</code></p>"),
        ("- one\n- two", "<ul>\n<li>one</li>\n<li>two</li>\n</ul>"),
        ("text\n- one\n- two", "<p>text\n- one\n- two</p>"),
        ("----", ""),
        ("~~gone~~", "<p>~~gone~~</p>"),
    ],
)
def test_what_passes_into_a_mail(body: str, sent: str) -> None:
    assert body_html(body) == sent


def test_a_table_passes_with_its_alignment() -> None:
    sent = body_html("| what | how much |\n|---|---:|\n| lamp | **90** |")

    assert '<th align="right">how much</th>' in sent
    assert '<td align="right"><strong>90</strong></td>' in sent


def test_a_subject_is_one_line() -> None:
    assert plain_subject(" a\r\n b\t<i>c</i> ") == "a b c"
