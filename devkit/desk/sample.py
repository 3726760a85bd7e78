# SPDX-License-Identifier: Apache-2.0
"""Months of a made-up company's requests, played through the plugin as a process, on a clock that is put forward."""

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from devkit.clock import Hours
from devkit.host import PluginHost
from devkit.llm_stub import LlmStub, Outcome
from devkit.llm_stub.completion import completion

SAMPLE: Final = Path(__file__).with_name("sample.yaml")
SIGNERS: Final = {"manager": "Ann Lee", "director": "Bea Novak", "vp": "Dan Ruiz"}
_PAST: Final = 64
_REJECTED: Final = 0.12
_WAITS: Final = (0.001, 0.2, 1, 3, 7, 20, 30)  # hours


@dataclass(slots=True)
class Company:
    """Plays the requests. The same seed plays the same story."""

    plugin: PluginHost
    stub: LlmStub
    hours: Hours
    sample: Mapping[str, Any] = field(default_factory=lambda: yaml.safe_load(SAMPLE.read_text("utf-8")))
    chance: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311 - a story, no secret

    def play(self) -> str:
        """Everything up to the present; the id of the request that waits for Bea Novak."""
        for number in range(_PAST):
            self._past(number)
        for one in self.sample["open"]:
            self.hours.pass_by(3)
            self._asked(one)
        shown = self.sample["shown"]
        self._asked(shown)
        self.hours.pass_by(2)
        self._decided(
            shown["request_id"], "approve", "manager", "Checked with facilities; the floor plan fits."
        )
        self.hours.pass_by(19)
        return str(shown["request_id"])

    def _past(self, number: int) -> None:
        self.hours.pass_by(self.chance.uniform(4, 60))
        one = dict(self.chance.choice(self.sample["past"]))
        one["amount"] = round(float(one["amount"]) * self.chance.uniform(0.85, 1.2), 2)
        one["content"] = f"{one['content']} (Order {number + 1:03}.)"
        one["request_id"] = f"PO-2026-{300 + number:04}"
        one["requester"] = self.chance.choice(self.sample["requesters"])
        level = self._asked(one)
        while level:
            self.hours.pass_by(self.chance.choice(_WAITS))
            event = "reject" if self.chance.random() < _REJECTED else "approve"
            level = self._decided(one["request_id"], event, level)

    def _asked(self, one: Mapping[str, Any]) -> str:
        """Analysed and submitted; the level that must sign, "" when nobody has to."""
        given = {name: str(value) for name, value in one.items() if name != "said"}
        self._model_says(given["request_id"], *one["said"])
        self._call(
            "analyze_approval", {"currency": "USD", "policy": json.dumps(self.sample["policy"]), **given}
        )
        return self._next(
            self._call("route_approval", {"request_id": given["request_id"], "event": "submit"})
        )

    def _model_says(self, request_id: str, risk: str, summary: str, quotes: Mapping[str, str]) -> None:
        """What the next call of the model is answered."""
        analysis = {
            "id": request_id,
            "risk_level": risk,
            "approver_level": "manager",
            "auto_approve": risk == "low",
            "confidence": 0.91,
            "summary": summary,
            "total": None,
            "addresses_reader": False,
            "factors": [{"claim": claim, "evidence": evidence} for claim, evidence in quotes.items()],
        }
        reply = json.dumps({"analyses": [analysis]})
        said = completion(1, 0, "deepseek-v3.2", [summary * 8], reply)
        self.stub.script(Outcome.VERBATIM, body=said)

    def _decided(self, request_id: str, event: str, level: str, comment: str = "") -> str:
        actor = SIGNERS[level]
        given = {
            "request_id": request_id,
            "event": event,
            "actor": actor,
            "actor_level": level,
            "comment": comment,
        }
        return self._next(self._call("route_approval", given))

    def _next(self, answer: Mapping[str, Any]) -> str:
        step = str(answer["next_step"])
        return step.removeprefix("review_") if step.startswith("review_") else ""

    def _call(self, tool: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = self.plugin.invoke_tool(tool, parameters).raise_for_error().variables
        if answer["status"] not in {"ok", "manual_review"}:
            raise RuntimeError(f"{tool} answered {answer['status']}: {answer['error_message']}")
        return answer
