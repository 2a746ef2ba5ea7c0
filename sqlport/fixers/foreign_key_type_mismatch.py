"""DDL011: foreign keys whose columns have another type than those they refer to."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.catalog.types import column_type
from sqlport.fixers import Context, Proposal
from sqlport.fixers._tables import chosen_type, defined_columns, foreign_keys, type_rewrite

# The types that a column may refer to beside its own, as PostgreSQL 15 and 18 answer for every pair.
_INTEGERS = ("bigint", "integer", "smallint")
_REFERS = {
    **dict.fromkeys(_INTEGERS, frozenset([*_INTEGERS, "numeric", "double precision", "real"])),
    "numeric": frozenset(["double precision", "real"]),
    "double precision": frozenset(["real"]),
    "real": frozenset(["double precision"]),
    "citext": frozenset(["text"]),
    **dict.fromkeys(["date", "timestamp", "timestamptz"], frozenset(["date", "timestamp", "timestamptz"])),
}


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
            if not _may_refer(chosen_type(context, table, column).type, wanted):
                span = column.type.span if column.type else column.name.span
                condition = f"all values of {column.name.text} are of type {wanted}"
                yield Proposal(span, type_rewrite(column, wanted), condition=condition)


def _may_refer(child: str, parent: str) -> bool:
    child, parent = child.partition("(")[0], parent.partition("(")[0]
    return child == parent or parent in _REFERS.get(child, ())
