# SPDX-License-Identifier: Apache-2.0
"""The stub's routes: from a request to a reply, without a socket."""

import hmac
import time
from dataclasses import dataclass, field
from dataclasses import replace as changed
from typing import Final

from pydantic import ValidationError

from approvals.clock import Clock
from approvals.text.json_text import json_bytes
from devkit.llm_stub.analyst import analysis_of
from devkit.llm_stub.chat_call import BadCallError, ChatCall
from devkit.llm_stub.completion import completion, events_of, model_list
from devkit.llm_stub.delivery import DELIVERIES
from devkit.llm_stub.distortions import WORDS, WRAPPINGS, spoken
from devkit.llm_stub.received import ReceivedRequest, RequestLog
from devkit.llm_stub.refusals import (
    REFUSALS,
    Asked,
    bad_request,
    unknown_model,
    unknown_path,
    wrong_key,
)
from devkit.llm_stub.reply import Reply
from devkit.llm_stub.script import Outcome, Rule, Script, ScriptDocument

_ORDINARY: Final = Rule(outcome=Outcome.OK)
SCRIPT_PATH: Final = "/__script"
STATS_PATH: Final = "/__stats"
NOTHING_TO_DO: Final = "I can only screen approval requests."
"""What the model says to messages without a document of requests, such as a first hello."""


@dataclass(frozen=True, slots=True)
class StubSettings:
    """How the endpoint behaves when no rule says otherwise. Empty `api_key` and `models` accept any."""

    latency_ms: float = 0.0
    api_key: str = field(default="", repr=False)
    models: tuple[str, ...] = ()


class Endpoint:
    """Answers requests, by the script where it has a rule. Knows nothing of connections."""

    def __init__(self, settings: StubSettings, log: RequestLog, clock: Clock) -> None:
        self.settings = settings
        self.script = Script()
        self._log = log
        self._clock = clock

    def __repr__(self) -> str:
        return f"<Endpoint {self.settings.latency_ms:g} ms, {self.script!r}>"

    def apply(self, document: ScriptDocument) -> None:
        """Do what a script says, all of it before the next request."""
        if document.clear:
            self.script.clear()
        if document.forget:
            self._log.clear()
        self.script.add(*document.rules)

    def reply(self, request: ReceivedRequest) -> Reply:
        """The reply to anything but a control request."""
        path = request.path
        if request.method == "POST" and path.endswith("/chat/completions"):
            return self._chat(request)
        if request.method == "GET" and path.endswith("/models"):
            if not self._admits(request):
                return wrong_key(_key_of(request))
            return Reply(200, json_bytes(model_list(self.settings.models)))
        return unknown_path(request.method, path)

    def control(self, method: str, target: str, body: bytes) -> Reply:
        """The reply to a request to a path that begins with `/__`."""
        if (method, target) == ("POST", SCRIPT_PATH):
            try:
                self.apply(ScriptDocument.model_validate_json(body))
            except ValidationError as fault:
                return bad_request(str(fault))
            return Reply(200, json_bytes({"rules_left": self.script.left}))
        if (method, target) == ("GET", STATS_PATH):
            return Reply(200, json_bytes(self._stats()))
        return unknown_path(method, target)

    def _stats(self) -> dict[str, float]:
        log = self._log
        return {
            "count": log.count,
            "in_flight": log.in_flight,
            "max_in_flight": log.max_in_flight,
            "connections": log.connections,
            "rules_left": self.script.left,
            "cpu_seconds": time.process_time(),
        }

    def _chat(self, request: ReceivedRequest) -> Reply:
        try:
            call = ChatCall.read(request.body)
        except BadCallError as fault:
            return bad_request(f"Invalid request: {fault}.")
        rule = self.script.take(call)
        reply = self._by_rule(rule, request, call) if rule else self._refused(request, call)
        if reply is None:
            reply = self._completed(request.number, call, rule or _ORDINARY)
        return self._delivered(reply, rule)

    def _by_rule(self, rule: Rule, request: ReceivedRequest, call: ChatCall) -> Reply | None:
        """The refusal that the rule wants; the endpoint's own refusals hold for what it lets through."""
        asked = Asked(call, _key_of(request), request.path, self._clock.now())
        refuse = REFUSALS.get(rule.outcome)
        refusal = refuse(rule, asked) if refuse else None
        return refusal or self._refused(request, call)

    def _refused(self, request: ReceivedRequest, call: ChatCall) -> Reply | None:
        if not self._admits(request):
            return wrong_key(_key_of(request))
        if self.settings.models and call.model not in self.settings.models:
            return unknown_model(call.model)
        return None

    def _completed(self, number: int, call: ChatCall, rule: Rule) -> Reply:
        words = _words(call, rule.outcome)
        if rule.outcome is Outcome.WRAPPED:
            words = rule.around.replace("{answer}", words)
        created = int(self._clock.now().timestamp())
        document = completion(number, created, call.model, call.contents, words)
        if wrap := WRAPPINGS.get(rule.outcome):
            wrap(document)
        if rule.outcome is Outcome.EVENTS:
            return Reply(200, events_of(document), "text/event-stream")
        return Reply(200, json_bytes(document))

    def _delivered(self, reply: Reply, rule: Rule | None) -> Reply:
        latency_ms = self.settings.latency_ms
        if rule is None:
            return changed(reply, delay=latency_ms / 1000)
        return changed(
            reply,
            headers=(*reply.headers, *rule.headers.items()),
            delay=(latency_ms if rule.latency_ms is None else rule.latency_ms) / 1000,
            fault=rule if rule.outcome in DELIVERIES else None,
        )

    def _admits(self, request: ReceivedRequest) -> bool:
        wanted = self.settings.api_key
        return not wanted or hmac.compare_digest(_key_of(request).encode(), wanted.encode())


def _words(call: ChatCall, outcome: Outcome) -> str:
    if call.document is None:
        return NOTHING_TO_DO
    entries = call.requests
    analyses = [analysis_of(entry) for entry in entries]
    distort = WORDS.get(outcome)
    return distort(analyses, entries) if distort else spoken(analyses)


def _key_of(request: ReceivedRequest) -> str:
    scheme, _, key = request.header("authorization").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""
