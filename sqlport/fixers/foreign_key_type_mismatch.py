"""DDL011: foreign keys whose columns have another type than those they refer to."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.catalog.types import column_type, may_refer
from sqlport.fixers import Context, Proposal
from sqlport.fixers._tables import chosen_type, defined_columns, foreign_keys, type_rewrite


def find(context: Context) -> Iterator[Proposal]:
    """Every column of a foreign key that PostgreSQL cannot compare with its target, given the target's type."""
    defined = {column.name.text.lower(): (table, column) for table, column in defined_columns(context)}
    for names, references in foreign_keys(context):
        parent = context.catalog.table(references.table.text)
        targets = [term.name.text for term in references.columns if term.name]
        for name, target in zip(names, targets or (parent.primary_key if parent else ()), strict=False):
            known = parent.column(target) if parent else None
            table, column = defined.get(name.lower(), ("", None))
            if parent is None or known is None or column is None:
                continue
            wanted = column_type(known, parent.name, context.target)
            if not may_refer(chosen_type(context, table, column).type, wanted):
                span = column.type.span if column.type else column.name.span
                condition = f"all values of {column.name.text} are of type {wanted}"
                yield Proposal(span, type_rewrite(column, wanted), condition=condition)
