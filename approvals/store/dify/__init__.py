# SPDX-License-Identifier: Apache-2.0
"""Records in the key-value storage that Dify gives each workspace."""
