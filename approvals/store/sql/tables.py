# SPDX-License-Identifier: Apache-2.0
"""Defines the tables. What searches test has a column of its own; everything else is in the JSON text beside it.

Times are RFC 3339 in UTC with microseconds: exact, readable, sorted as times, and the same in every database.
"""

from typing import Any

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, String, Table, Text
from sqlalchemy.dialects import mysql
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

ID_LENGTH = 255


class ExactText(TypeDecorator[str]):
    """An id, compared and sorted by its code points, case and trailing spaces included, in every database.

    MySQL and MariaDB share no collation that does this, so there the column holds UTF-8 bytes.
    """

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The column's type in a kind of database."""
        match dialect.name:
            case "mysql":
                return dialect.type_descriptor(mysql.VARBINARY(4 * ID_LENGTH))
            case "postgresql":
                return dialect.type_descriptor(String(ID_LENGTH, collation="C"))
            case _:
                return dialect.type_descriptor(String(ID_LENGTH))

    def process_bind_param(self, value: str | None, dialect: Dialect) -> Any:
        """Encode a value for the driver."""
        return value.encode() if value is not None and dialect.name == "mysql" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Decode a value that the driver read."""
        return value.decode() if isinstance(value, bytes) else value


def _table(name: str, metadata: MetaData, *parts: Column[Any] | Index) -> Table:
    return Table(
        name, metadata, *parts, mysql_engine="InnoDB", mysql_charset="utf8mb4", mysql_collate="utf8mb4_bin"
    )


def _id() -> Column[str]:
    return Column("request_id", ExactText(), primary_key=True)


_LONG = Text().with_variant(mysql.LONGTEXT(), "mysql")
_DIGEST = String(64)
_WORD = String(16)
_TIME = String(27).with_variant(String(27, collation="C"), "postgresql")

METADATA = MetaData()
JOURNAL_METADATA = MetaData()

APPROVALS = _table(
    "approvals",
    METADATA,
    _id(),
    Column("version", Integer, nullable=False),
    Column("state", _WORD, nullable=False),
    Column("level", _WORD, nullable=False),
    Column("requester", _DIGEST, nullable=False),  # the digest of the name, which has no bound
    Column("created_at", _TIME, nullable=False),
    Column("updated_at", _TIME, nullable=False),
    Column("due_at", _TIME),  # the deadline while a person has to decide, else null
    Column("body", _LONG, nullable=False),
    Index("approvals_due", "due_at", "request_id"),
    Index("approvals_newest", "created_at", "request_id"),
    Index("approvals_by_state", "state", "created_at", "request_id"),
    Index("approvals_by_level", "level", "created_at", "request_id"),
    Index("approvals_by_state_and_level", "state", "level", "created_at", "request_id"),
    Index("approvals_by_requester", "requester", "created_at", "request_id"),
)

LEDGER = _table(
    "approvals_ledger",
    METADATA,
    _id(),
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("previous_hash", _DIGEST, nullable=False),
    Column("hash", _DIGEST, nullable=False),
    Column("entry", _LONG, nullable=False),
)

DEAD_LETTERS = _table(
    "approvals_dead_letters",
    METADATA,
    _id(),
    Column("buried_at", _TIME, nullable=False),
    Column("body", _LONG, nullable=False),
    Index("approvals_dead_letters_oldest", "buried_at", "request_id"),
)

CLAIMS = _table(
    "approvals_claims",
    METADATA,
    Column("key_digest", _DIGEST, primary_key=True),
    Column("request_id", ExactText(), nullable=False),
    Column("claimed_at", _TIME, nullable=False),
)

REFUSALS = _table(
    "approvals_refusals",
    METADATA,
    Column("number", Integer, primary_key=True),  # given by the database, rising
    Column("request_id", ExactText(), nullable=False),
    Column("body", _LONG, nullable=False),
    Index("approvals_refusals_by_request", "request_id", "number"),
)

POLICIES = _table(
    "approvals_policies",
    METADATA,
    Column("digest", _DIGEST, primary_key=True),
    Column("document", _LONG, nullable=False),  # its canonical JSON, whose sha256 is the digest
    Column("kept_at", _TIME, nullable=False),
)

NOTICES = _table(
    "approvals_notices",
    METADATA,
    Column("notice_id", ExactText(), primary_key=True),
    Column("next_at", _TIME),  # null once given up
    Column("body", _LONG, nullable=False),
    Index("approvals_notices_due", "next_at", "notice_id"),
)

SPEND = _table(
    "approvals_spend",
    METADATA,
    Column("account", _DIGEST, primary_key=True),  # the digest of URL and key
    Column("day", String(10), primary_key=True),  # in UTC
    Column("spent", BigInteger, nullable=False),  # billionths of a US dollar
)

RETENTION = _table(
    "approvals_retention",
    METADATA,
    _id(),
    Column("remove_at", _TIME),  # while the record is there, else null
    Column("tombstone", _LONG),  # what is left of it afterwards
    Index("approvals_retention_ends", "remove_at", "request_id"),
)

REMINDERS = _table(
    "approvals_reminders",
    METADATA,
    _id(),
    Column("remind_at", _TIME, nullable=False),
    Index("approvals_reminders_due", "remind_at", "request_id"),
)

TRACES = _table(
    "approvals_traces",
    METADATA,
    Column("series", _DIGEST, primary_key=True),  # a vendor's or a requester's
    Column("request_id", ExactText(), primary_key=True),
    Column("at", _TIME, nullable=False),
    Column("body", _LONG, nullable=False),
    Index("approvals_traces_newest", "series", "at", "request_id"),
    Index("approvals_traces_by_request", "request_id"),
)

BUDGETS = _table(
    "approvals_budgets",
    METADATA,
    Column("account", _DIGEST, primary_key=True),  # a period of a budget
    Column("request_id", ExactText(), primary_key=True),  # an open request; "" for all that counts for good
    Column("at", _TIME, nullable=False),
    Column("amount", _DIGEST, nullable=False),  # a decimal number, exact
    Index("approvals_budgets_by_request", "request_id"),
)

SCHEMA_JOURNAL = _table(
    "approvals_schema",
    JOURNAL_METADATA,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("applied_at", _TIME, nullable=False),
)
