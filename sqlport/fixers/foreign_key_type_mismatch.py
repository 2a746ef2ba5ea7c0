"""DDL011: foreign keys whose columns have another type than those they refer to."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.fixers._tables import referred_types, type_rewrite


def find(context: Context) -> Iterator[Proposal]:
    """Every column of a foreign key that PostgreSQL cannot compare with its target, given the target's type."""
    for column, wanted in referred_types(context):
        span = column.type.span if column.type else column.name.span
        condition = f"all values of {column.name.text} are of type {wanted}"
        yield Proposal(span, type_rewrite(column, wanted), condition=condition)
