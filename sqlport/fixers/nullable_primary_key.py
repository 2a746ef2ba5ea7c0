"""DDL012: primary keys into which SQLite lets NULL."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.fixers._tables import created, rowid_alias
from sqlport.sql import insert
from sqlport.sql.definitions import ColumnDefinition, CreateTable


def find(context: Context) -> Iterator[Proposal]:
    """Columns of a key of several columns that may be NULL, and of one column that says so itself."""
    table = created(context)
    if table is None or table.without_rowid or table.strict:
        return
    known = context.catalog.table(table.name.text)
    if known is not None and (known.without_rowid or known.strict):
        return  # an earlier round took the options away
    keyed = _keyed(table)
    for column in keyed:
        if column is rowid_alias(table) or column.first("not null", "identity"):
            continue
        if len(keyed) > 1 or _says_null(context, column):
            at = column.type.span.end if column.type else column.name.span.end
            yield Proposal(column.name.span, (insert(at, " NOT NULL"),))


def _keyed(table: CreateTable) -> list[ColumnDefinition]:
    columns = map(table.column, table.primary_key())
    return [column for column in columns if column is not None]


def _says_null(context: Context, column: ColumnDefinition) -> bool:
    default = column.first("default")
    null = default and default.expression and default.expression.of(context.parsed.text).upper() == "NULL"
    return bool(null) or column.first("null") is not None
