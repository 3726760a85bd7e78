# SPDX-License-Identifier: Apache-2.0
"""`python -m bench workflows`: what the shipped workflows cost Dify at a start, at a pause and between two forms.

Writes docs/benchmarks/workflows.md and workflows.json; with BENCH_QUICK=1 one round into dist/bench. `--before COMMIT`
measures the files and the plugin of that commit too; without it the page keeps what was measured before.
"""

import argparse
import io
import json
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.machine import this_machine
from bench.plan import LATENCY_MS, QUICK, plan
from bench.samples import KEY, ROOT, credentials
from bench.workflows_page import Measured, page, verdicts
from devkit.bundle.nodes import PROVIDER
from devkit.engine import Conversation, Run, Runner, Workflow, load_workflow, read_declarations
from devkit.engine.plugin_tools import PluginTools
from devkit.host import HostStorage, PluginHost
from devkit.llm_stub import StubProcess

ROUNDS = 7
LEVELS = ("manager", "director", "vp", "executive")
RULE = {
    "name": "everything",
    "when": {"risk": ["low", "medium", "high"]},
    "then": {"stages": ["manager"], "deadline_hours": 24},
}
REQUEST = {
    "requester": "Mia Sand",
    "request_type": "expense",
    "content": "One desk lamp from Lumen Ltd for the reception. " * 40,
    "amount": 100,
    "currency": "USD",
}


def policy_for(root: Path) -> str:
    """Everything goes to a manager; each level has an address, in the words that a checkout knows for it."""
    schema = json.loads((root / "schemas" / "policy.schema.json").read_text(encoding="utf-8"))
    people = [
        {
            "name": level,
            "email": f"{level}@example.org",
            "levels": [level],
            "aliases": [f"approver at ask_{level}"],
        }
        for level in LEVELS
    ]
    approvers = {person["name"]: person["email"] for person in people}
    known = {"people": people} if "people" in schema["properties"] else {"approvers": approvers}
    return json.dumps({"version": 1, "currency": "USD", "on_timeout": "escalate", **known, "rules": [RULE]})


@dataclass(slots=True)
class Play:
    """One run through all its forms: seconds from each click to what it leads to, and what was stored meanwhile."""

    clicks: list[float] = field(default_factory=list)
    filter_seconds: float = 0.0
    pause_bytes: int = 0

    def clicked(self, click: Callable[[], Run | None], run: Run | None = None) -> Run:
        """Take the time of one click and look at the run after it."""
        started = time.perf_counter()
        run = click() or run
        self.clicks.append(time.perf_counter() - started)
        if run is None:
            raise TypeError("the first click gives the run")
        self.pause_bytes = max(self.pause_bytes, len(run.pause_state.encode()))
        return run


@dataclass(frozen=True, slots=True)
class Stage:
    """The plugin of one checkout, and its tools as that checkout declares them."""

    tools: PluginTools
    runner: Runner
    policy: str

    def play(self, workflow: Workflow) -> Play:
        """Start a workflow as its users do, and pass every form on upwards."""
        play = Play()
        run = play.clicked(self._start(workflow))
        play.filter_seconds = run.filter_seconds[0]
        while run.pending_forms:
            form = run.pending_forms[0]
            action = "escalate" if "escalate" in form.actions else next(iter(form.actions))
            said = {name: f"{name} at {form.node_id}" for name in form.inputs}
            run = play.clicked(lambda: run.submit(form.node_id, action, said), run)  # noqa: B023 - called at once
        return play

    def _start(self, workflow: Workflow) -> Callable[[], Run]:
        """The click that starts the run which is measured; what comes before it is done."""
        if workflow.mode == "advanced-chat":
            return self._last_message(workflow)
        root = workflow.nodes[workflow.root()]
        match root["type"]:
            case "trigger-webhook":
                given: dict[str, Any] = {"reference": f"PO-{uuid.uuid4()}", **REQUEST}
            case "start":
                known = self._known(workflow)
                given = {one["variable"]: known.get(one["variable"]) for one in root["variables"]}
            case _:
                given = {}
        return lambda: self.runner.start(workflow, given)

    def _known(self, workflow: Workflow) -> Mapping[str, Any]:
        """What a start form may ask for. A request is made first where it asks for a stored one."""
        known: dict[str, Any] = {**REQUEST, "requests": json.dumps([REQUEST] * 3)}
        asked = {one["variable"] for one in workflow.nodes[workflow.root()]["variables"]}
        if "request_id" in asked:
            known["request_id"] = f"bench-{uuid.uuid4()}"
            order = {**REQUEST, "request_id": known["request_id"], "policy": self.policy}
            self.tools.call(PROVIDER, "analyze_approval", order, self.runner.app_id)
        return known

    def _last_message(self, workflow: Workflow) -> Callable[[], Run]:
        """The message after which the chat asks an approver; those before it are said."""
        said = [str(REQUEST[name]) for name in ("content", "requester", "request_type")] + ["100 USD", "yes"]
        trial, talk = Conversation(), Conversation()
        runs: list[Run] = []
        while not (runs and runs[-1].pending_forms):
            if len(runs) == len(said):
                raise RuntimeError(f"the chat asks nobody; it says {runs[-1].streamed!r}, {runs[-1].errors}")
            runs.append(self.runner.say(workflow, trial, said[len(runs)]))
        for message in said[: len(runs) - 1]:
            self.runner.say(workflow, talk, message)
        return lambda: self.runner.say(workflow, talk, said[len(runs) - 1])


def measure(root: Path, rounds: int) -> list[Measured]:
    """Every workflow of a checkout, with its plugin behind it."""
    with StubProcess(latency_ms=LATENCY_MS, api_key=KEY) as stub:
        given = credentials(stub.base_url, KEY, 32)
        with PluginHost(cwd=root, storage=HostStorage(), credentials=given) as host:
            tools = PluginTools(host)
            stage = Stage(tools, Runner(caller=tools, declarations=read_declarations(root)), policy_for(root))
            return [_measured(stage, path, rounds) for path in sorted((root / "workflows").glob("*.yml"))]


def _measured(stage: Stage, path: Path, rounds: int) -> Measured:
    workflow = load_workflow(path).with_retry_interval(0)
    paths = workflow.paths().paths
    if any(variable["name"] == "POLICY" for variable in workflow.environment):
        workflow = workflow.with_environment(POLICY=stage.policy)
    plays = [stage.play(workflow) for _ in range(rounds)]
    later = [seconds for play in plays for seconds in play.clicks[1:]]
    print(f"{path.name}: {rounds} rounds, {len(plays[0].clicks)} clicks each", file=sys.stderr)
    return Measured(
        file=path.name,
        paths=paths,
        filter_seconds=statistics.median(play.filter_seconds for play in plays),
        pause_bytes=max(play.pause_bytes for play in plays),
        start_seconds=statistics.median(play.clicks[0] for play in plays),
        click_seconds=statistics.median(later) if later else None,
    )


@contextmanager
def checkout(commit: str) -> Iterator[Path]:
    """The files of a commit in a folder of their own."""
    archive = subprocess.run(
        ["git", "archive", "--format=tar", commit],  # noqa: S607 - the git that the developer uses
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout
    with tempfile.TemporaryDirectory() as folder, tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(folder, filter="data")
        yield Path(folder)


def main() -> None:
    """Measure, write, and say which bounds hold."""
    parser = argparse.ArgumentParser(prog="python -m bench workflows", description=__doc__)
    parser.add_argument("--before", metavar="COMMIT", help="measure the files and the plugin of a commit too")
    before = parser.parse_args().before
    chosen = plan()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    raw, rounds = chosen.folder / "workflows.json", 1 if chosen is QUICK else ROUNDS
    results: dict[str, Any] = json.loads(raw.read_text(encoding="utf-8")) if raw.exists() else {}
    engine = f"graphon {version('graphon')}"
    if before:
        with checkout(before) as root:
            rows = [asdict(row) for row in measure(root, rounds=1)]
        results["before"] = {"commit": before, "rows": rows, "machine": this_machine(), "engine": engine}
        raw.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    rows = [asdict(row) for row in measure(ROOT, rounds)]
    results["now"] = {"rows": rows, "machine": this_machine(), "engine": engine, "rounds": rounds}
    raw.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    written = chosen.folder / "workflows.md"
    written.write_text(page(results), encoding="utf-8")
    print(written.read_text(encoding="utf-8"))
    missed = sum(not verdict.is_met for verdict in verdicts(results))
    print(f"Written to {written.relative_to(ROOT)}. Bounds that were missed: {missed}.")


if __name__ == "__main__":
    main()
