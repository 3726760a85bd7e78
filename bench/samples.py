# SPDX-License-Identifier: Apache-2.0
"""What is measured with: real card purchases, as parameters of the tool and as bodies of chat completions."""

import csv
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from approvals.analysis.analyst import MAX_OUTPUT_TOKENS
from approvals.analysis.prompt import SYSTEM, build_prompt
from approvals.analysis.reply import reply_schema
from approvals.domain.records import ApprovalRequest

ROOT = Path(__file__).parents[1]
PURCHASES = ROOT / "examples" / "card-purchases.csv"
MODEL = "deepseek-v3.2"
KEY = "key-of-the-bench"
ROUTINE = Decimal(3900)
"""Pounds. Up to here the default policy asks for one level and one opinion, so one approval is one call."""

Parameters = dict[str, Any]


def purchases() -> Sequence[Mapping[str, str]]:
    """Every purchase of the sample: `date`, `amount_gbp`, `supplier`."""
    with PURCHASES.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def routine_purchases() -> Sequence[Mapping[str, str]]:
    """Those up to `ROUTINE`."""
    return [purchase for purchase in purchases() if Decimal(purchase["amount_gbp"]) <= ROUTINE]


def parameters(purchase: Mapping[str, str]) -> Parameters:
    """A purchase as a workflow hands it to `analyze_approval`."""
    return {
        "content": f"Card purchase. Supplier: {purchase['supplier']}. Bought on {purchase['date']}.",
        "request_type": "purchase",
        "amount": purchase["amount_gbp"],
        "currency": "GBP",
        "requester": "Priya Shah",
    }


def payload(purchase: Mapping[str, str]) -> Parameters:
    """The body of the chat completion that the plugin would send for it."""
    given = parameters(purchase)
    request = ApprovalRequest(
        request_id=f"req_{'0' * 32}",
        content=given["content"],
        request_type=given["request_type"],
        amount=Decimal(given["amount"]),
        currency=given["currency"],
        requester=given["requester"],
    )
    document = build_prompt([request], max_content_tokens=6_000).document
    return {
        "model": MODEL,
        "messages": [{"role": "system", "content": SYSTEM}, {"role": "user", "content": document}],
        "max_tokens": MAX_OUTPUT_TOKENS,
        "temperature": 0,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "analyses", "strict": True, "schema": reply_schema()},
        },
    }


def plain_parameters(purchase: Mapping[str, str]) -> Parameters:
    """The same purchase for the plain plugin, which has nothing of its own to say."""
    body = payload(purchase)
    system, user = (message["content"] for message in body["messages"])
    return {"system": system, "content": user, "response_format": json.dumps(body["response_format"])}


def credentials(base_url: str, key: str, in_flight: int, **others: str) -> dict[str, str]:
    """The plugin's credentials, with limits that do not bind and a lane for each of the most calls in flight.

    One process must get the same number always: credential sets with one key share the smallest of theirs.
    """
    return {
        "api_key": key,
        "base_url": base_url,
        "model": MODEL,
        "rpm_limit": "1000000",
        "tpm_limit": "1000000000",
        "max_concurrency": str(in_flight),
        "allow_insecure_http": "true",
        **others,
    }
