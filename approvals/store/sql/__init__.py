# SPDX-License-Identifier: Apache-2.0
"""Records in PostgreSQL, MySQL, MariaDB or SQLite."""
