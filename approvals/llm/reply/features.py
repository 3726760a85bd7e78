# SPDX-License-Identifier: Apache-2.0
"""The parts of a chat request that not every OpenAI-compatible endpoint takes."""

from enum import StrEnum


class Feature(StrEnum):
    """A part of a request that can be asked for in another way, or left out."""

    REPLY_FORMAT = "reply_format"
    """`response_format`."""
    SYSTEM_ROLE = "system_role"
    """A message with the role `system`."""
    LIMIT_FIELD = "limit_field"
    """`max_tokens`, or `max_completion_tokens` in its place."""
    TEMPERATURE = "temperature"
