# SPDX-License-Identifier: Apache-2.0
"""Locks shared by several plugin processes."""
