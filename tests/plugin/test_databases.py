# SPDX-License-Identifier: Apache-2.0
"""The plugin with `store_url` and `redis_url` set: the same answers, kept elsewhere, shared by processes."""

import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from devkit.faults.proxy import FaultProxy
from devkit.faults.toxics import Timeout
from devkit.host import HostStorage, PluginHost
from devkit.llm_stub import LlmStub
from tests.approvals.store import sql_case
from tests.plugin.conftest import ROOT, credentials_for
from tests.plugin.test_analyze import DESK
from tests.servers import Kind, shared_url

COMMAND = (sys.executable, "-m", "main")


@contextmanager
def database(kind: Kind | None, folder: Path) -> Iterator[str]:
    """The URL of an empty database: of a server, or a file where there is no kind."""
    if kind is None:
        yield f"sqlite:///{folder / 'approvals.db'}"
        return
    sql_case.empty(shared_url(kind))
    yield shared_url(kind)
    sql_case.empty(shared_url(kind))


@pytest.mark.parametrize("kind", [None, Kind.POSTGRES, Kind.MARIADB])
def test_two_processes_share_what_is_kept_in_a_database(
    stub: LlmStub, tmp_path: Path, kind: Kind | None
) -> None:
    storage = HostStorage()
    with database(kind, tmp_path) as store_url:
        credentials = credentials_for(stub, store_url=store_url, redis_url=shared_url(Kind.REDIS))
        with (
            PluginHost(command=COMMAND, cwd=ROOT, storage=storage, credentials=credentials) as one,
            PluginHost(command=COMMAND, cwd=ROOT, storage=HostStorage(), credentials=credentials) as other,
        ):
            one.invoke_tool("analyze_approval", {**DESK, "request_id": "r-1"}).raise_for_error()
            routed = other.invoke_tool(
                "route_approval", {"request_id": "r-1", "event": "submit"}
            ).raise_for_error()
            found = one.invoke_tool(
                "find_approvals", {"request_id": "r-1", "verify_ledger": "true"}
            ).raise_for_error()

    assert routed.variables["state"] == "approved"
    assert found.variables["approvals"][0]["state"] == "approved"
    assert found.variables["ledger_ok"]
    assert storage.operations == 0


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("postgresql://app:secret-word@127.0.0.1:9/approvals", "store_unavailable"),
        ("oracle://app:secret-word@127.0.0.1/approvals", "bad_parameter"),
        ("no url at all", "bad_parameter"),
    ],
)
def test_a_database_that_cannot_be_had_is_an_error_without_its_password(
    plugin: PluginHost, stub: LlmStub, url: str, code: str
) -> None:
    answer = plugin.invoke_tool("analyze_approval", DESK, credentials=credentials_for(stub, store_url=url))

    if code == "bad_parameter":
        assert (answer.variables["status"], answer.variables["error_code"]) == ("refused", code)
    else:
        assert answer.error is not None
        assert answer.error.error_type == "InvokeServerUnavailableError"
        assert answer.error.message.startswith(code)
        assert "secret-word" not in str(answer.error.error_args)
        assert "secret-word" not in answer.error.message
    assert "secret-word" not in str(answer.messages)


@pytest.mark.parametrize("kind", [Kind.PGBOUNCER, Kind.MARIADB])
def test_a_database_that_falls_silent_holds_no_call_and_no_other_workspace(
    plugin: PluginHost, stub: LlmStub, kind: Kind
) -> None:
    place = urlsplit(shared_url(kind))
    with FaultProxy(("127.0.0.1", place.port or 0)) as proxy, ThreadPoolExecutor(4) as pool:
        url = shared_url(kind).replace(f":{place.port}/", f":{proxy.port}/")
        silent = credentials_for(stub, store_url=url, deadline_seconds="2")
        find = {"state": "approved"}
        plugin.invoke_tool("find_approvals", find, credentials=silent).raise_for_error()
        proxy.add(Timeout())
        started = time.monotonic()
        calls = [
            pool.submit(plugin.invoke_tool, "find_approvals", find, credentials=silent) for _ in range(3)
        ]
        plugin.invoke_tool("find_approvals", find).raise_for_error()
        others_took = time.monotonic() - started
        answers = [call.result() for call in calls]
        took = time.monotonic() - started

    assert others_took < 1.5
    assert took < 2 + 1.5
    for answer in answers:
        assert answer.error is not None
        assert "did not answer within 2 s" in answer.error.message
