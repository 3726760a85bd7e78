# SPDX-License-Identifier: Apache-2.0
"""An OpenAI-compatible endpoint on the loopback: an analyst by plain rules for a model, faults by script."""

from devkit.llm_stub.process import StubProcess
from devkit.llm_stub.received import ReceivedRequest, RequestLog
from devkit.llm_stub.script import Outcome, Rule, ScriptDocument
from devkit.llm_stub.stub import LlmStub
from devkit.llm_stub.tls import Tls, self_signed

__all__ = [
    "LlmStub",
    "Outcome",
    "ReceivedRequest",
    "RequestLog",
    "Rule",
    "ScriptDocument",
    "StubProcess",
    "Tls",
    "self_signed",
]
