# SPDX-License-Identifier: Apache-2.0
"""What a developer or a curious user runs on their own machine. Never part of the plugin package."""
