# SPDX-License-Identifier: Apache-2.0
"""Draws the workflows and the lifecycle as SVG, for the docs: `python -m devkit draw`."""
