"""UPS006: an unqualified column in ON CONFLICT DO UPDATE, which could be the old row's or the new one's."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._holes import has_hole
from sqlport.fixers._inserts import inserted
from sqlport.sql import insert


def find(context: Context) -> Iterator[Proposal]:
    """Every such name in the values of SET and in WHERE; in SQLite it is the old row's."""
    found = inserted(context)
    conflict = found.node.args.get("conflict") if found is not None else None
    if found is None or not isinstance(conflict, exp.OnConflict):
        return
    target = found.node.this.this if isinstance(found.node.this, exp.Schema) else found.node.this
    alias = target.args.get("alias")
    named = alias.this if alias is not None and alias.this is not None else target.this
    prefix = context.parsed.text_of(named) + "."
    keyed = {id(column) for key in conflict.args.get("conflict_keys") or () for column in key.find_all(exp.Column)}
    for column in conflict.find_all(exp.Column):
        if column.table or id(column) in keyed or _is_assigned(column) or not context.parsed.has_span(column):
            continue
        if _is_of_target(context, column, found.node):
            span = context.parsed.span(column)
            yield Proposal(span, () if has_hole(context, named) else (insert(span.start, prefix),))


def _is_assigned(column: exp.Column) -> bool:
    """Whether it is what SET gives a value to: `n = ...`, or one of `(a, b) = ...`."""
    node: exp.Expr = column
    while isinstance(node.parent, exp.Tuple | exp.Paren):
        node = node.parent
    parent = node.parent
    return isinstance(parent, exp.EQ) and parent.this is node and isinstance(parent.parent, exp.OnConflict)


def _is_of_target(context: Context, column: exp.Column, statement: exp.Insert) -> bool:
    """Whether no subquery round it has a column of that name."""
    query = context.semantics.scopes.query_of(column)
    if query is statement:
        table = context.catalog.table(_name(statement))
        return table is None or table.column(column.name) is not None
    resolved = context.semantics.scopes.resolve(column)
    if resolved is None or resolved.source is None or query is None:
        return False
    return any(source is resolved.source for source in context.semantics.scopes.sources(statement))


def _name(statement: exp.Insert) -> str:
    target = statement.this.this if isinstance(statement.this, exp.Schema) else statement.this
    return str(target.name)
