# SPDX-License-Identifier: Apache-2.0
"""Writes the workflow files in `workflows/` from short descriptions: `python -m devkit bundle`.

Four levels, five files and sixty calls of a tool are each described once.
"""
