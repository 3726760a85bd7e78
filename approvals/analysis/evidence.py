# SPDX-License-Identifier: Apache-2.0
"""Checks what the model quotes against what was written, and looks for text that tries to give orders."""

import json
import re

from approvals.analysis.orders import holds_orders
from approvals.domain.records import ApprovalRequest
from approvals.text.fold import normalised

_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]")


def request_text(request: ApprovalRequest) -> str:
    """Everything in a request that someone typed freely, as one text."""
    context = json.dumps(dict(request.context), ensure_ascii=False) if request.context else ""
    return f"{request.content}\n{context}"


def is_quoted(evidence: str, haystack: str) -> bool:
    """True when the evidence stands in the already normalised `haystack`. An empty quote proves nothing."""
    needle = normalised(evidence).strip(" .\"'…")
    return bool(needle) and needle in haystack


def looks_like_orders(request: ApprovalRequest) -> bool:
    """True when something in the request reads like instructions to a machine, or hides characters."""
    raw = "\n".join((request_text(request), request.request_type, request.requester))
    if not raw.isascii() and _INVISIBLE.search(raw):
        return True
    return holds_orders(normalised(raw))
