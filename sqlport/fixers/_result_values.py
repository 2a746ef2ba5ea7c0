"""Columns that a statement gives out as they are stored: what the program gets is the type's own object."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlglot import exp

from sqlport.fixers import Context
from sqlport.semantics.kinds import Kind


def given_out(context: Context, kind: Kind) -> Iterator[tuple[exp.Expr, bool]]:
    """Every column of a table of this kind among the results, and every star that stands for one (True)."""
    for query in _outermost(context.parsed.tree):
        for item in query:
            node = item.this if isinstance(item, exp.Alias) else item
            if not context.parsed.has_span(node):
                continue
            if isinstance(node, exp.Star) or (isinstance(node, exp.Column) and isinstance(node.this, exp.Star)):
                if _starred(context, node, kind):
                    yield node, True
            elif isinstance(node, exp.Column) and context.semantics.column(node) is not None:
                if context.semantics.kind(node) == kind:
                    yield node, False


def _outermost(tree: exp.Expr | None) -> Iterator[Sequence[exp.Expr]]:
    """The result columns of a query, or of RETURNING."""
    if isinstance(tree, exp.Select):
        yield tree.expressions
    elif isinstance(tree, exp.Insert | exp.Update | exp.Delete):
        returning = tree.args.get("returning")
        if returning is not None:
            yield returning.expressions


def _starred(context: Context, node: exp.Expr, kind: Kind) -> bool:
    from sqlport.catalog.types import column_type
    from sqlport.semantics.kinds import of_type

    qualifier = node.table.lower() if isinstance(node, exp.Column) else ""
    query = context.parsed.tree
    for source in context.semantics.scopes.sources(query) if query is not None else ():
        if source.table is not None and qualifier in ("", source.alias):
            for column in source.table.columns:
                if of_type(column_type(column, source.table.name, context.target)) == kind:
                    return True
    return False
