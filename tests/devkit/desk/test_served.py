# SPDX-License-Identifier: Apache-2.0
"""The desk of the made-up company: somebody signs in and finds what waits for them."""

import httpx
import pytest

from devkit.desk.served import PERSON, sample_desk


@pytest.mark.slow
def test_the_sample_desk_has_something_to_decide_and_figures() -> None:
    with sample_desk() as desk, httpx.Client(base_url=f"{desk.url}/", trust_env=False, timeout=60) as browser:
        assert browser.post("desk", data={"person": PERSON, "token": desk.token}).status_code == 303

        assert desk.request_id in browser.get("desk").text
        assert 'value="approve"' in browser.get(f"desk/{desk.request_id}").text
        assert "Nordic Office" in browser.get("desk/insights").text
