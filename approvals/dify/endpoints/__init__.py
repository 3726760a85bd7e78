# SPDX-License-Identifier: Apache-2.0
"""Dify's calls of endpoints: from the SDK's request to a handler of `approvals.web`, and its response back."""
