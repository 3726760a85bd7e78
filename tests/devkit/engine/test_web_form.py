# SPDX-License-Identifier: Apache-2.0
import pytest

from devkit.engine.web_form import content_html, text_area
from tests.devkit.engine.worlds import form, output, runner, start, workflow


def shown(content: str) -> str:
    return content_html(content, lambda name: f"[{name}]").strip()


@pytest.mark.parametrize(
    ("content", "html"),
    [
        ("# Heading", "<h1>Heading</h1>"),
        ("> quoted", "<blockquote>\n<p>quoted</p>\n</blockquote>"),
        ("one\ntwo", "<p>one<br>\ntwo</p>"),
        ("~~gone~~ **kept**", "<p><s>gone</s> <strong>kept</strong></p>"),
        ("see https://example.com", '<p>see <a href="https://example.com">https://example.com</a></p>'),
        ('<a href="javascript:x">a</a>', "<p><a>a</a></p>"),
        ("<div onclick=x>in</div>", "<div>in</div>"),
        ("<iframe src=x></iframe>", ""),
    ],
)
def test_what_a_form_shows(content: str, html: str) -> None:
    assert shown(content) == html


def test_a_table_keeps_its_alignment() -> None:
    assert '<td align="right">2</td>' in shown("|a|b|\n|-|-:|\n|1|2|")


def test_a_field_parts_the_content_in_two() -> None:
    assert shown("**Your {{#$output.comment#}} note**") == "<p>**Your</p>\n[comment]<p>note**</p>"


def test_a_field_holds_its_first_value() -> None:
    assert text_area("comment", "<b>") == '<textarea name="comment">&lt;b&gt;</textarea>\n'


def test_a_waiting_form_knows_how_it_looks() -> None:
    world = workflow(
        {"start": start({"name": "who", "type": "text-input"}), "ask": form(), "end": output()},
        "start -> ask, ask -yes-> end, ask -no-> end, ask -__timeout-> end",
    )

    [waiting] = runner().start(world, {"who": "Mia"}).pending_forms

    assert waiting.html == '<p>Please decide.</p>\n<textarea name="comment"></textarea>\n'
