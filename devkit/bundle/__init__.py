# SPDX-License-Identifier: Apache-2.0
"""Writes the workflow files in `workflows/` from short descriptions: `python -m devkit.bundle`.

A level of approval stands in a file four times and a tool's outputs eleven times; here each stands once.
"""
