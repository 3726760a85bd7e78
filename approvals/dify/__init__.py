# SPDX-License-Identifier: Apache-2.0
"""Turns Dify's calls into desk calls and desk answers into Dify messages. The only room that knows the SDK."""
