# SPDX-License-Identifier: Apache-2.0
"""The flat variables that each tool answers with, exactly as its YAML declares them. Never null."""
