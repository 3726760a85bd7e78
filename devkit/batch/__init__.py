# SPDX-License-Identifier: Apache-2.0
"""`devkit batch`: a file of requests through `analyze_batch`, and a report that a person can hand on."""
