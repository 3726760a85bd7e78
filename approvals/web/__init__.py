# SPDX-License-Identifier: Apache-2.0
"""Answers HTTP requests: the JSON API and the pages. Pure functions from a request to a response.

They know neither Dify nor the store: what they need of approvals they ask `Tools` for.
"""
