# SPDX-License-Identifier: Apache-2.0
"""A reply of an endpoint, read in one place: completion or failure, with its words, waiting time, usage and cost.

`read_reply` does all of it. Known codes and words are data, in known_errors.toml.
"""

from approvals.llm.reply.classify import Feature
from approvals.llm.reply.completion import Completion, read_reply
from approvals.llm.reply.refusal import ReplyFailure

__all__ = ["Completion", "Feature", "ReplyFailure", "read_reply"]
