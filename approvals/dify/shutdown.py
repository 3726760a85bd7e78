# SPDX-License-Identifier: Apache-2.0
"""Leaves in good order: on SIGTERM no new call is let in, those under way get ten seconds, then the process ends.

The SDK would never end by itself: its threads run until the process is killed.
"""

import os
import signal

import gevent

from approvals.clock import SystemClock
from approvals.dify.admission import Admission
from approvals.llm import Deadline
from approvals.telemetry import get_logger

GRACE_SECONDS = 10.0

_log = get_logger(__name__)

calls = Admission()
"""The tool calls under way in this process."""


def leave_on_sigterm() -> None:
    """From now on SIGTERM ends this process as described above.

    gevent runs the handler in a greenlet of its own; Python's would run in the hub, where nothing may wait.
    """
    gevent.signal_handler(signal.SIGTERM, _leave)


def _leave() -> None:
    calls.close()
    _log.info("shutting down", calls_under_way=calls.inside)
    done = calls.wait_until_empty(Deadline.after(SystemClock(), GRACE_SECONDS))
    _log.info("left", all_calls_ended=done)
    os._exit(0)
