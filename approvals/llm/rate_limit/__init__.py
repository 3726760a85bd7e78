# SPDX-License-Identifier: Apache-2.0
"""Requests and tokens per minute: reserve an estimate, call, settle with the actual usage."""
