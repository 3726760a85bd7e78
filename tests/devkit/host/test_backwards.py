# SPDX-License-Identifier: Apache-2.0
"""What a plugin asks of the platform: storage, tools, and what it is refused."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from devkit.host import Cut, HostStorage, PluginHost, ToolRequest, Workspace


def outcomes(host: PluginHost, *steps: list[str], workspace: Workspace | None = None) -> list[Any]:
    answer = host.invoke_tool(
        "store", {"steps": steps}, provider="tiny", workspace=workspace or host.workspace
    )
    found = answer.raise_for_error().variables["outcomes"]
    assert isinstance(found, list)
    return found


def test_storage_keeps_what_the_plugin_sets(running: PluginHost) -> None:
    workspace = Workspace()

    found = outcomes(
        running,
        ["set", "k", "värde"],
        ["get", "k"],
        ["exist", "k"],
        ["delete", "k"],
        ["exist", "k"],
        workspace=workspace,
    )

    assert found == [None, "värde", True, None, False]
    assert workspace.storage.operations == 5


def test_a_missing_key_is_refused_with_the_platforms_words(running: PluginHost) -> None:
    (found,) = outcomes(running, ["get", "nothing"])

    assert found == "refused: load data failed, please check if the key is correct or you have not set it"


def test_workspaces_share_the_process_and_not_the_storage(running: PluginHost) -> None:
    one, other = Workspace(), Workspace()

    outcomes(running, ["set", "k", "mine"], workspace=one)

    assert outcomes(running, ["exist", "k"], workspace=other) == [False]
    assert one.storage.snapshot() == {"k": b"mine"}


def test_the_manifests_storage_size_is_the_quota(scripted: Callable[[str], PluginHost]) -> None:
    host = scripted("""
s = hear()["session_id"]
request = {"opt": "set", "key": "k", "value": "00" * 101}
in_session(s, "invoke", {"type": "storage", "backwards_request_id": "1", "request": request})
in_session(s, "stream", {"type": "json", "message": {"json_object": hear()["data"]}})
in_session(s, "end", {})
hear()
""")

    (answer,) = host.invoke_tool("any", {}).json

    assert (answer["event"], answer["data"]) == ("error", None)
    assert answer["message"] == "save data failed: allocated size is greater than max storage size"


def test_what_the_manifest_does_not_ask_for_is_not_permitted(scripted: Callable[[str], PluginHost]) -> None:
    host = scripted("""
s = hear()["session_id"]
in_session(s, "invoke", {"type": "tool", "backwards_request_id": "1", "request": {}})
answers = [hear()["data"], hear()["data"]]
in_session(s, "stream", {"type": "json", "message": {"json_object": answers}})
in_session(s, "end", {})
hear()
""")

    ((refused, end),) = host.invoke_tool("any", {}).json

    assert refused["message"] == "permission denied, you need to enable tool access in plugin manifest"
    assert end["event"] == "end"


def test_what_this_host_cannot_answer_is_refused_by_name(running: PluginHost) -> None:
    (found,) = outcomes(running, ["fetch_app", "some-app"])

    assert found == "refused: unsupported invoke type: fetch_app (this host answers storage and tool)"


@pytest.mark.parametrize(("cut", "survives"), [(Cut.BEFORE, {"a"}), (Cut.AFTER, {"a", "b"})])
def test_a_crash_at_a_storage_operation_leaves_what_was_done_for_the_next_process(
    tiny_plugin: Path, cut: Cut, survives: set[str]
) -> None:
    storage = HostStorage()
    storage.cut_after(2, cut)
    with PluginHost(cwd=tiny_plugin, storage=storage) as host:
        steps = [["set", "a", "1"], ["set", "b", "2"], ["set", "c", "3"]]
        answer = host.invoke_tool("store", {"steps": steps}, provider="tiny")
        assert answer.error is not None
        assert answer.error.error_type == "PluginExited"

    assert set(storage.snapshot()) == survives
    with PluginHost(cwd=tiny_plugin, storage=storage) as host:
        assert outcomes(host, ["get", "a"], ["exist", "b"]) == ["1", "b" in survives]


def test_nothing_that_a_plugin_asked_after_its_crash_is_done(scripted: Callable[[str], PluginHost]) -> None:
    host = scripted("""
s = hear()["session_id"]
lines = []
for number in range(2000):
    request = {"opt": "set", "key": f"k{number}", "value": "00"}
    invoke = {"type": "invoke", "data": {"type": "storage", "backwards_request_id": "1", "request": request}}
    lines.append(json.dumps({"event": "session", "session_id": s, "data": invoke}))
write("\\n".join(lines))
hear()
""")
    host.workspace.storage.cut_after(1)

    assert host.invoke_tool("any", {}).error is not None
    assert set(host.workspace.storage.snapshot()) == {"k0"}


def test_a_tool_calls_another_tool_with_the_saved_credentials(running: PluginHost) -> None:
    asked = {"provider": "acme/tiny/tiny", "tool": "echo", "parameters": {"say": "hello"}}

    answer = running.invoke_tool("caller", asked, provider="tiny", credentials={"key": "the caller's"})

    assert answer.raise_for_error().variables["said"] == "hello"
    assert answer.variables["key"] == "saved"


def test_a_tool_called_by_a_tool_stays_in_the_callers_workspace(running: PluginHost) -> None:
    workspace = Workspace(credentials={"key": "theirs"})
    asked = {"provider": "acme/tiny/tiny", "tool": "store", "parameters": {"steps": [["set", "k", "v"]]}}

    running.invoke_tool("caller", asked, provider="tiny", workspace=workspace).raise_for_error()

    assert workspace.storage.snapshot() == {"k": b"v"}


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"provider": "tiny", "tool": "echo"}, "provider 'tiny' is not installed here.*'acme/tiny/'"),
        ({"provider": "acme/tiny/tiny", "tool": "nothing"}, "Tool `nothing` not found"),
        ({"provider": "acme/tiny/tiny", "tool": "fail"}, 'PluginInvokeError.*"LookupError".*nothing there'),
    ],
)
def test_a_tool_call_that_cannot_be_answered_says_why(
    running: PluginHost, asked: dict[str, str], why: str
) -> None:
    answer = running.invoke_tool("caller", {**asked, "parameters": {}}, provider="tiny")

    with pytest.raises(Exception, match=why):
        answer.raise_for_error()


def test_an_error_that_dify_knows_by_name_is_passed_on_as_its_message_alone(running: PluginHost) -> None:
    asked = {"provider": "acme/tiny/tiny", "tool": "fail", "parameters": {"how": "rate"}}

    error = running.invoke_tool("caller", asked, provider="tiny").error

    assert error is not None
    assert error.message == "read tool response failed: request failed: slow down"


def test_without_saved_credentials_a_tool_call_is_refused(running: PluginHost) -> None:
    asked = {"provider": "acme/tiny/tiny", "tool": "echo", "parameters": {}}

    error = running.invoke_tool("caller", asked, provider="tiny", workspace=Workspace()).error

    assert error is not None
    assert "no credentials are saved" in error.message


def test_a_gateway_answers_tool_calls_instead(tiny_plugin: Path) -> None:
    def gateway(request: ToolRequest) -> Iterator[dict[str, Any]]:
        if request.tool == "broken":
            raise RuntimeError("no such luck")
        yield {"type": "text", "message": {"text": f"{request.provider} {request.tool} "}}
        yield {"type": "text", "message": {"text": request.parameters["say"]}}

    asked = {"provider": "other/search/web", "tool": "find", "parameters": {"say": "hello"}}
    with PluginHost(cwd=tiny_plugin, tool_gateway=gateway) as host:
        answer = host.invoke_tool("caller", asked, provider="tiny")
        broken = host.invoke_tool("caller", {**asked, "tool": "broken"}, provider="tiny")

    assert answer.raise_for_error().text == "other/search/web find hello"
    assert broken.error is not None
    assert broken.error.message == "invoke tool failed: no such luck"
