# SPDX-License-Identifier: Apache-2.0
"""From a request to a checked analysis: what the model is told, what it may answer, what is believed of it."""
