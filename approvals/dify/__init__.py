# SPDX-License-Identifier: Apache-2.0
"""Turns Dify's calls into use cases and their answers into Dify's messages. The only package that imports the SDK."""
