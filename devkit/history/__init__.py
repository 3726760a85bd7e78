# SPDX-License-Identifier: Apache-2.0
"""Proves a store by its history: many workers decide at once, and a checker reads what each was told."""
