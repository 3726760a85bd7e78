# SPDX-License-Identifier: Apache-2.0
"""`devkit package`, `sign` and `verify`: the plugin as a file that Dify installs, and workflows that name it."""
