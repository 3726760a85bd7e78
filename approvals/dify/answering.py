# SPDX-License-Identifier: Apache-2.0
"""One tool call from its parameters to its last message: who is let in, what is logged, how errors and answers leave.

A tool always answers with `status`: what is wrong with a call is an answer, so that a workflow goes on along its one
edge. It raises only what the same call, made again by the node, may mend.
"""

import secrets
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, Final

from dify_plugin import Tool
from dify_plugin.entities.tool import ToolInvokeMessage
from dify_plugin.errors.model import InvokeError, InvokeServerUnavailableError

from approvals.dify.channel.writer import answer_messages
from approvals.dify.inner_calls import CORRELATION_ID
from approvals.dify.outputs import Answer, Outputs
from approvals.dify.shutdown import calls
from approvals.errors import ApprovalError, ErrorCode
from approvals.telemetry import call_scope, correlation_id_from, get_logger, hide_secrets, redact, redacting

_log = get_logger(__name__)
_MENDED_BY_A_RETRY = frozenset({ErrorCode.STORE_UNAVAILABLE, ErrorCode.SHUTTING_DOWN})

_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})

type Messages = Generator[ToolInvokeMessage, None, None]


def answered(
    tool: Tool, outputs: Outputs, work: Callable[[], Answer], given: Mapping[str, Any] = _NOTHING
) -> Messages:
    """The messages of a call that answers what `work` returns, or what its `ApprovalError` says.

    `given` are the call's parameters, among which an endpoint says which request of its own it belongs to.
    """
    yield from streamed(tool, outputs, lambda: iter([work()]), given)


def streamed(
    tool: Tool,
    outputs: Outputs,
    work: Callable[[], Iterator[Answer | ToolInvokeMessage]],
    given: Mapping[str, Any] = _NOTHING,
) -> Messages:
    """The same for a call that has something to tell before its answer, as messages."""
    with _call(tool, outputs.tool, given) as ended:
        try:
            for step in work():
                if isinstance(step, ToolInvokeMessage):
                    yield step
                else:
                    yield from _messages(tool, step)
        except ApprovalError as error:
            if error.code in _MENDED_BY_A_RETRY:
                raise
            ended(error.code.value)
            yield from _messages(tool, outputs.refusal(error))


def _messages(tool: Tool, answer: Answer) -> Messages:
    """An answer as it leaves: without the secrets of the credentials, whoever repeated them."""
    yield from answer_messages(tool, hide_secrets(answer.variables), hide_secrets(answer.text))


@contextmanager
def _call(tool: Tool, name: str, given: Mapping[str, Any]) -> Iterator[Callable[[str], None]]:
    """The frame around a call. What it gives takes the outcome for the log.

    Every exception leaves as one of the SDK's, whose message alone Dify shows, and never chained: Dify ships the
    traceback, and a cause could carry what must not leave the process.
    """
    started = time.monotonic()
    outcome = "answered"

    def ended(how: str) -> None:
        nonlocal outcome
        outcome = how

    identity = correlation_id_from(given.get(CORRELATION_ID)) or tool.session.session_id
    with call_scope(name, identity), redacting(tool.runtime.credentials):
        try:
            with calls:
                yield ended
        except ApprovalError as error:
            outcome = error.code.value
            raise InvokeServerUnavailableError(redact(str(error))) from None
        except InvokeError:
            raise
        except Exception as error:  # noqa: BLE001 - the last line of defence
            outcome, reference = type(error).__name__, secrets.token_hex(4)
            _log.exception("unexpected error", reference=reference)
            raise InvokeServerUnavailableError(
                f"unexpected {outcome}; try again, and report reference {reference} with the plugin's log"
            ) from None
        finally:
            _log.info("call ended", outcome=outcome, seconds=round(time.monotonic() - started, 3))
