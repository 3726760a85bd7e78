# SPDX-License-Identifier: Apache-2.0
"""Frames to and from the plugin daemon. The only code that touches private parts of the SDK."""
