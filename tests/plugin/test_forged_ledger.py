# SPDX-License-Identifier: Apache-2.0
"""Somebody who can write the store changes an amount and computes the whole chain anew, as an attacker would.

Without a key that verifies, as docs/ledger.md says. With a key it does not, and heads that were kept outside do not
pass in any case.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from approvals.domain.ledger import GENESIS, entry_hash
from approvals.domain.records import ApprovalRecord, LedgerEntry
from approvals.store.compression import decompressed
from devkit.export import compare, export, read_keys, source_of
from devkit.host import HostStorage, PluginHost, ToolAnswer, Workspace
from devkit.llm_stub import LlmStub
from tests.plugin.conftest import ROOT, credentials_for
from tests.plugin.test_analyze import DESK

SECRET = "0123456789abcdefghijklmnopqrstuv"


@dataclass(frozen=True)
class Place:
    """Where records are kept, and how somebody with access writes into it past the plugin."""

    store_url: str
    storage: HostStorage

    def stored(self) -> dict[str, bytes]:
        """What Dify's storage holds, without the compression."""
        return {key: decompressed(value, key) for key, value in self.storage.snapshot().items()}

    def forge(self, forged: Callable[[Any], Any]) -> None:
        """Change the stored record; in a database the entries that it keeps apart as well."""
        if not self.store_url:
            for key, value in self.stored().items():
                if key.startswith("rec/"):
                    self.storage.put(key, json.dumps(forged(json.loads(value))).encode())
            return
        with sqlite3.connect(self.store_url.removeprefix("sqlite:///")) as database:
            (body,) = database.execute("SELECT body FROM approvals").fetchone()
            changed = forged(json.loads(body))
            database.execute("UPDATE approvals SET body = ?", [json.dumps(changed)])
            for step in changed["record"]["history"]:
                entry = step["entry"]
                database.execute(
                    "UPDATE approvals_ledger SET entry = ?, hash = ?, previous_hash = ? WHERE sequence = ?",
                    [json.dumps(entry), entry["hash"], entry["previous_hash"], entry["sequence"]],
                )


@pytest.fixture(params=["Dify's storage", "SQLite"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    url = f"sqlite:///{tmp_path / 'approvals.db'}" if request.param == "SQLite" else ""
    return Place(url, HostStorage())


@dataclass(frozen=True)
class Processes:
    """Two processes for all tests, each of which has a place of its own: `looking` never decides."""

    stub: LlmStub
    deciding: PluginHost
    looking: PluginHost


@pytest.fixture(scope="module")
def processes(stub: LlmStub) -> Iterator[Processes]:
    stub.clear()
    with PluginHost(cwd=ROOT) as deciding, PluginHost(cwd=ROOT) as looking:
        yield Processes(stub, deciding, looking)
        assert SECRET not in deciding.stderr + looking.stderr


@dataclass
class Desk:
    """What a company has: the plugin with or without a key, and its log."""

    place: Place
    processes: Processes
    credentials: Mapping[str, str]
    heads: Path

    def decide(self) -> None:
        """A request of 1,200 USD is submitted and approved."""
        plugin = self.processes.deciding
        logged_before = len(plugin.logs)
        self._call(plugin, "analyze_approval", {**DESK, "request_id": "r-1", "amount": "1200"})
        self._call(plugin, "route_approval", {"request_id": "r-1", "event": "submit"})
        approved = {"request_id": "r-1", "event": "approve", "actor": "Bea", "actor_level": "executive"}
        assert self._call(plugin, "route_approval", approved).variables["status"] == "ok"
        logs = plugin.logs[logged_before:]
        assert SECRET not in str(logs)
        lines = [str(line["message"]) for line in logs if "ledger_head" in str(line)]
        assert len(lines) == 2
        self.heads.write_text("\n".join(lines), encoding="utf-8")
        assert not any(SECRET.encode() in value for value in self.place.stored().values())

    def found(self, *, by_who_decided: bool = False, **credentials: str) -> Mapping[str, Any]:
        """What find_approvals says of the request's ledger, in a process that did not write it, or in the other."""
        plugin = self.processes.deciding if by_who_decided else self.processes.looking
        asked = {"request_id": "r-1", "verify_ledger": "true"}
        answer = self._call(plugin, "find_approvals", asked, **credentials)
        assert SECRET not in str(answer.messages)
        return answer.variables

    def _call(
        self, plugin: PluginHost, tool: str, given: Mapping[str, str], **credentials: str
    ) -> ToolAnswer:
        workspace = Workspace(self.place.storage, {**self.credentials, **credentials})
        return plugin.invoke_tool(tool, given, workspace=workspace).raise_for_error()


def desk_of(place: Place, processes: Processes, folder: Path, *, key: str = "") -> Desk:
    credentials = credentials_for(processes.stub, store_url=place.store_url, ledger_key=key)
    desk = Desk(place, processes, credentials, folder / "heads.log")
    desk.decide()
    return desk


def today() -> str:
    return datetime.now(UTC).date().isoformat()


def smaller_amount(document: Any, *, strip_keys: bool = False) -> Any:
    """The stored record with another amount and with every hash computed anew, as far as that takes no key."""
    record = document["record"]
    record["request"]["amount"] = "12.00"
    whole = ApprovalRecord.model_validate(record)
    previous = GENESIS
    for step in record["history"]:
        entry = step["entry"]
        entry |= {"previous_hash": previous, "analysis_digest": whole.analysis_digest}
        if strip_keys:
            entry.pop("key_id", None)
            entry.pop("standing_digest", None)
        entry["hash"] = entry_hash(LedgerEntry.model_validate(entry))
        step["answer"]["entry_hash"] = previous = entry["hash"]
    return document


def stripped(document: Any) -> Any:
    return smaller_amount(document, strip_keys=True)


def backdated(document: Any) -> Any:
    """The same, dated to before there was a key."""
    return stripped(json.loads(json.dumps(document).replace(today(), "2020-01-01")))


def test_the_chain_alone_does_not_show_what_was_computed_anew(
    place: Place, processes: Processes, tmp_path: Path
) -> None:
    desk = desk_of(place, processes, tmp_path)
    place.forge(smaller_amount)
    found = desk.found()

    assert found["approvals"][0]["amount"] == "12.00"
    assert found["ledger_ok"]
    assert found["approvals"][0]["ledger_verdict"] == "unkeyed"


@pytest.mark.parametrize("forged", [smaller_amount, stripped])
def test_a_key_shows_it(
    place: Place, processes: Processes, tmp_path: Path, forged: Callable[[Any], Any]
) -> None:
    desk = desk_of(place, processes, tmp_path, key=f"2026-01-01:{SECRET}")
    assert desk.found(by_who_decided=True)["approvals"][0]["ledger_verdict"] == "keyed"

    place.forge(forged)
    found = desk.found()

    assert found["ledger_ok"] is False
    assert found["approvals"][0]["ledger_verdict"] == "faulty"


@pytest.mark.parametrize(
    ("forged", "key"), [(smaller_amount, ""), (backdated, f"2026-01-01:{SECRET}")], ids=["no key", "key"]
)
def test_heads_kept_outside_show_it(
    place: Place, processes: Processes, tmp_path: Path, forged: Callable[[Any], Any], key: str
) -> None:
    desk = desk_of(place, processes, tmp_path, key=key)
    keys = tmp_path / "keys"
    keys.write_text(key or "#", encoding="utf-8")
    place.forge(forged)
    answer = tmp_path / "answer.json"
    answer.write_text(json.dumps(desk.found()), encoding="utf-8")
    source = source_of(place.store_url, None if place.store_url else answer)

    done = export("r-1", tmp_path, source, read_keys(keys if key else None), desk.heads)

    assert not done.verdict.ok
    assert any("entry 1 was rewritten" in fault for fault in done.verdict.faults)
    assert not compare(source, read_keys(keys if key else None), desk.heads)["r-1"].ok


def test_without_the_key_no_ledger_is_called_whole(
    place: Place, processes: Processes, tmp_path: Path
) -> None:
    desk = desk_of(place, processes, tmp_path, key=f"{today()}:{SECRET}")

    found = desk.found(ledger_key="")

    assert found["ledger_ok"] is False
    assert found["approvals"][0]["ledger_verdict"] == "key_missing"
    assert "cannot be verified" in found["approvals"][0]["ledger_faults"][0]
