# SPDX-License-Identifier: Apache-2.0
"""The desk in a real browser: pictures for the documentation, and what accessibility checks find."""
