# SPDX-License-Identifier: Apache-2.0
"""The frame around every tool call: who is let in, what is logged, how errors and answers leave."""

import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from dify_plugin import Tool
from dify_plugin.entities.tool import ToolInvokeMessage
from dify_plugin.errors.model import (
    InvokeAuthorizationError,
    InvokeBadRequestError,
    InvokeError,
    InvokeServerUnavailableError,
)

from approvals.analysis.analyst import AnalysisFailedError
from approvals.dify.channel.writer import answer_messages
from approvals.dify.shutdown import calls
from approvals.errors import ApprovalError, ErrorCode
from approvals.telemetry import call_scope, get_logger

_log = get_logger(__name__)
_WORTH_A_RETRY = frozenset(
    {ErrorCode.STORE_UNAVAILABLE, ErrorCode.SHUTTING_DOWN, ErrorCode.MODEL_UNAVAILABLE}
)


@contextmanager
def answering(tool: Tool, name: str) -> Iterator[None]:
    """One tool call, from its parameters to its last message.

    Every exception leaves as one of the SDK's, whose message alone Dify shows, and never chained: Dify ships the
    traceback, and a cause could carry what must not leave the process.
    """
    started = time.monotonic()
    outcome = "answered"
    with call_scope(name, tool.session.session_id):
        try:
            with calls:
                yield
        except ApprovalError as error:
            outcome = error.code.value
            raise _as_sdk_error(error) from None
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


def _as_sdk_error(error: ApprovalError) -> InvokeError:
    if isinstance(error, AnalysisFailedError) and error.key_refused:
        return InvokeAuthorizationError(str(error))
    if error.code in _WORTH_A_RETRY:
        return InvokeServerUnavailableError(str(error))
    return InvokeBadRequestError(str(error))


def messages(
    tool: Tool, variables: Mapping[str, Any], describe: Callable[[Mapping[str, Any]], str]
) -> Iterator[ToolInvokeMessage]:
    """One message per variable, then all of them as one JSON object, then a line of text."""
    yield from answer_messages(tool, variables, describe(variables))
