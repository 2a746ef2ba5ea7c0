"""Which expressions are of a NOCASE column, which becomes citext: PostgreSQL compares those without case."""

from __future__ import annotations

from sqlglot import exp

from sqlport.fixers import Context


def is_citext(context: Context, node: exp.Expr) -> bool:
    """Whether a node is a column that becomes citext."""
    from sqlport.catalog.types import column_type

    while isinstance(node, exp.Paren):
        node = node.this
    column = context.semantics.column(node)
    if column is None or not isinstance(node, exp.Column):
        return False
    table = context.semantics.table(node)
    return column_type(column, table.name if table is not None else "", context.target) == "citext"
