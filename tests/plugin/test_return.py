# SPDX-License-Identifier: Apache-2.0
"""A request that is returned with a question, over stdio: answered, or revised and read anew."""

from devkit.host import PluginHost
from tests.plugin.test_analyze import analyze
from tests.plugin.test_route import approve, route, submitted


def test_a_question_is_answered_and_the_stage_that_asked_goes_on(plugin: PluginHost) -> None:
    request_id = submitted(plugin)
    approve(plugin, request_id, "Bea", "manager")
    asked = route(
        plugin, request_id, "return", actor="Dan", actor_level="director", comment="Which supplier?"
    )
    refused = route(plugin, request_id, "resubmit", actor="Mallory")
    back = route(plugin, request_id, "resubmit", actor="Ann", comment="Desks Ltd")

    assert (asked["state"], asked["next_step"], asked["signatures_left"]) == ("returned", "resubmit", 1)
    assert asked["approver_emails"] == []
    assert "“Which supplier?”" in asked["brief"]
    assert (refused["status"], refused["error_code"]) == ("refused", "not_authorized")
    assert (back["state"], back["next_step"]) == ("under_review", "review_director")
    assert "**Ann** answered: “Desks Ltd”" in back["brief"]


def test_new_content_is_read_as_the_next_revision_and_its_approvers_see_what_changed(
    plugin: PluginHost,
) -> None:
    request_id = submitted(plugin)
    route(plugin, request_id, "return", actor="Bea", actor_level="manager", comment="Why two?")
    read = analyze(
        plugin, request_id="", revision_of=request_id, content="One desk for the new colleague.", amount="250"
    ).raise_for_error()
    said = read.variables
    back = route(plugin, request_id, "resubmit", actor="Ann", content_digest=said["content_digest"])
    again = analyze(plugin, request_id="", revision_of=request_id, content="Three desks.").raise_for_error()

    assert (said["status"], said["request_id"], said["revision"]) == ("ok", request_id, 2)
    assert (back["state"], back["stages_left"]) == ("under_review", ["manager", "director"])
    assert "**What changed since the last version**:" in back["brief"]
    assert (again.variables["status"], again.variables["error_code"]) == ("refused", "invalid_transition")
    assert "“Why two?”" in back["brief"]
