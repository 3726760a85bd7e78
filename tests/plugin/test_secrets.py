# SPDX-License-Identifier: Apache-2.0
"""Whatever fails, no secret stands in an answer, an error, a log line, on stderr or in the storage."""

import base64
import json
from urllib.parse import quote

import pytest

from devkit.host import PluginHost
from devkit.hostile.leaks import KEY, PASSWORD, searched, tells
from devkit.llm_stub import LlmStub
from tests.plugin.conftest import credentials_for
from tests.plugin.test_analyze import DESK


@pytest.mark.slow
def test_no_failure_tells_a_secret() -> None:
    result = searched()

    assert result.failures > 150
    assert result.told == ()


@pytest.mark.parametrize(
    "text",
    [
        KEY,
        f"…{KEY[5:]}",
        json.dumps({"a": KEY[:9]}),
        quote(PASSWORD),
        "".join(f"\\u{ord(character):04x}" for character in KEY),
        base64.b64encode(f"Bearer {KEY}".encode()).decode(),
        f"{KEY[:10]}\\n{KEY[10:]}",
    ],
)
def test_the_search_finds_a_secret_in_any_spelling(text: str) -> None:
    assert tells(f"said: {text}.")
    assert not tells(f"said: {text[::-1][:4]}.")


def test_a_key_that_is_a_word_of_the_protocol_breaks_nobodys_calls(plugin: PluginHost, stub: LlmStub) -> None:
    odd = {**credentials_for(stub), "api_key": "response_format"}

    assert plugin.invoke_tool("analyze_approval", DESK, credentials=odd).error is None
    assert plugin.invoke_tool("analyze_approval", DESK).variables["status"] == "ok"
