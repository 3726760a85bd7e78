# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

from devkit.demo.pages import write_pages
from devkit.demo.play import play, scripted
from devkit.demo.scenario import read_cases
from devkit.demo.world import running_world

ENDINGS = [
    ["pending", "approved automatically"],
    ["pending", "under_review @manager", "rejected"],  # the same once more
    ["pending", "under_review @manager", "returned to the requester", "under_review @manager", "approved"],
    ["pending", "under_review @manager", "escalated @director", "under_review @vp", "approved"],
    ["pending", "under_review @manager", "rejected"],
    [
        "pending",
        "under_review @manager",
        "escalated @director",
        "escalated @vp",
        "escalated @executive",
        "expired",
    ],
    ["pending", "under_review @manager", "under_review @director", "approved"],
    ["pending", "under_review @director", "under_review @vp", "approved"],
    ["pending", "under_review @manager", "refused", "escalated @director", "approved"],
]


def test_the_requests_end_as_they_are_played() -> None:
    decide = scripted()
    with running_world() as world:
        played = [play(world, case, decide) for case in read_cases()]

    assert [list(one.path) for one in played] == ENDINGS
    assert {one.outputs["error"] for one in played} == {""}


def test_the_form_and_the_mail_are_pages_that_say_who_asks_for_what(tmp_path: Path) -> None:
    pages = {path.name: path.read_text(encoding="utf-8") for path in write_pages(tmp_path / "pages")}

    for page in pages.values():
        assert "<strong>Leo Brandt</strong> asks for <strong>a purchase of 46,644.12 GBP</strong>" in page
        assert "<strong>Tom Okafor</strong> passed it up" in page
    assert pages["form.html"].count('class="button"') == 4
    assert '<a href="https://dify.example.com/form/' in pages["mail.html"]
