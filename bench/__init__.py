# SPDX-License-Identifier: Apache-2.0
"""Measures what the plugin promises about speed, limits and cost. `python -m bench` runs it all and writes the docs."""
