# SPDX-License-Identifier: Apache-2.0
"""Hostile and honest input, and how the plugin takes it: `python -m devkit hostile`."""
