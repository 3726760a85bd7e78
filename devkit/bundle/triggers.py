# SPDX-License-Identifier: Apache-2.0
"""The nodes with which a workflow starts by itself."""

from collections.abc import Sequence
from dataclasses import dataclass

from devkit.bundle.nodes import Data, common


@dataclass(frozen=True, slots=True)
class BodyField:
    """One key that a webhook reads from the JSON it is sent."""

    name: str
    type: str
    required: bool = False


def webhook(title: str, desc: str, body: Sequence[BodyField], response: str) -> Data:
    """A POST with JSON. Dify answers with the fixed `response` at once; it cannot wait for the run's result."""
    return {
        **common("trigger-webhook", title, desc),
        "method": "POST",
        "content_type": "application/json",
        "headers": [],
        "params": [],
        "body": [{"name": one.name, "type": one.type, "required": one.required} for one in body],
        "async_mode": True,
        "status_code": 200,
        "response_body": response,
        "timeout": 30,
        "webhook_url": "",
        "webhook_debug_url": "",
        "variables": [
            {
                "variable": "_webhook_raw",
                "label": "raw",
                "value_type": "object",
                "value_selector": [],
                "required": True,
            },
            *(
                {
                    "variable": one.name,
                    "label": "body",
                    "value_type": one.type,
                    "value_selector": [],
                    "required": one.required,
                }
                for one in body
            ),
        ],
    }


def hourly(title: str, desc: str, minute: int) -> Data:
    """Once an hour. Dify's export forgets the schedule, so an imported one may have to be set again."""
    return {
        **common("trigger-schedule", title, desc),
        "mode": "visual",
        "frequency": "hourly",
        "cron_expression": "",
        "visual_config": {"time": "12:00 AM", "weekdays": ["sun"], "on_minute": minute, "monthly_days": [1]},
        "timezone": "UTC",
    }
