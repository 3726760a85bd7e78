# SPDX-License-Identifier: Apache-2.0
"""Clients measured side by side, each a process of its own that holds so many calls in flight when told to.

All but ours run in an environment of their own (requirements-bench.txt), so that nothing of theirs mixes with ours.
"""
