# SPDX-License-Identifier: Apache-2.0
"""An httpx transport over lanes: connections that are each used by one exchange at a time."""

from approvals.llm.transport.connection import ReplyTooLargeError, StaleConnectionError
from approvals.llm.transport.lane_transport import FRESH, LaneTransport
from approvals.llm.transport.reply_parser import MalformedReplyError
from approvals.llm.transport.streams import DEADLINE

__all__ = [
    "DEADLINE",
    "FRESH",
    "LaneTransport",
    "MalformedReplyError",
    "ReplyTooLargeError",
    "StaleConnectionError",
]
