# SPDX-License-Identifier: Apache-2.0
"""AI-assisted approvals for Dify: everything the plugin does, without knowing who calls it."""
