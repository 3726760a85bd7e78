# SPDX-License-Identifier: Apache-2.0
"""A day's budget over stdio: it holds across processes and restarts, and begins anew on the next day."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from devkit.clock import HOURS_FILE, PLUGIN, Hours
from devkit.host import HostStorage, PluginHost
from devkit.llm_stub import LlmStub
from tests.plugin.conftest import ROOT, credentials_for
from tests.plugin.test_analyze import DESK
from tests.servers import Kind, shared_url

PRICES = json.dumps({"deepseek-v3.2": {"input": 100, "output": 1000}})
"""USD per million tokens: a call may cost some 0.60."""


@contextmanager
def process(stub: LlmStub, hours: Hours, storage: HostStorage, **credentials: str) -> Iterator[PluginHost]:
    given = credentials_for(stub, daily_budget_usd="0.70", prices=PRICES, **credentials)
    with PluginHost(
        command=PLUGIN, cwd=ROOT, env={HOURS_FILE: str(hours.file)}, storage=storage, credentials=given
    ) as host:
        yield host


def asked(host: PluginHost, number: int) -> tuple[str, str]:
    request = {**DESK, "content": f"Desk number {number} for the front office", "request_type": "purchase"}
    said = host.invoke_tool("analyze_approval", request).raise_for_error().variables
    return said["status"], said["error_code"]


SPENT = ("manual_review", "budget_exceeded")


@pytest.mark.parametrize("where", ["Dify's storage", "SQLite", "Redis"])
def test_a_budget_holds_across_processes_until_the_next_day(tmp_path: Path, where: str) -> None:
    hours, storage = Hours(tmp_path / "hours"), HostStorage()
    place = {"api_key": f"budget-of-{tmp_path.name}"}
    if where == "SQLite":
        place["store_url"] = f"sqlite:///{tmp_path / 'approvals.db'}"
    elif where == "Redis":
        place["redis_url"] = shared_url(Kind.REDIS)
    with LlmStub(latency_ms=1) as stub:
        with process(stub, hours, storage, **place) as one:
            answers = [asked(one, number) for number in range(8)]
        made = len(stub.requests)
        assert answers == [("ok", "")] * made + [SPENT] * (8 - made)
        assert 0 < made < 8

        with process(stub, hours, storage, **place) as another:
            assert asked(another, 8) == SPENT
            assert len(stub.requests) == made
            hours.pass_by(24)
            assert asked(another, 9) == ("ok", "")
