"""ORD003: text columns that PostgreSQL would sort by the words of a language, in databases with such a locale."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.fixers._tables import chosen_type, defined_columns
from sqlport.sql import insert


def find(context: Context) -> Iterator[Proposal]:
    """Every text column without a collation, where the target's locale is none that compares by code points."""
    for table, column in defined_columns(context):
        choice = chosen_type(context, table, column)
        if choice.type == "text" and choice.collation and column.first("collate") is None:
            at = column.type_position if column.type is None else column.type.span.end
            yield Proposal(column.name.span, (insert(at, f' COLLATE "{choice.collation}"'),))
