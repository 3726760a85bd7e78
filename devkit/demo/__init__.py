# SPDX-License-Identifier: Apache-2.0
"""The main job, watched from start to end: real purchases through the shipped workflow, with no account."""
