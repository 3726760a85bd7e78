# SPDX-License-Identifier: Apache-2.0
"""Copies everything that the plugin keeps in Dify's storage into the database of `store_url`."""

from devkit.move.source import MoveError

__all__ = ["MoveError"]
