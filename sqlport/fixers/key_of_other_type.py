"""TYP008: results of a column that has another type on PostgreSQL, since its foreign key refers to that."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.catalog import Column, Table
from sqlport.catalog.types import column_type, is_retyped
from sqlport.fixers import Context, Proposal
from sqlport.fixers._ordering import arms
from sqlport.model import Span

_MESSAGE = (
    "{table}.{column} is {type} in PostgreSQL, as what its foreign key refers to: programs get that type, where"
    " SQLite gives what was stored by the column's own declaration"
)


def find(context: Context) -> Iterator[Proposal]:
    """Every such column among the results of the outermost query, also under a star."""
    query = context.parsed.tree
    if not isinstance(query, exp.Select | exp.SetOperation):
        return
    for arm in arms(query):
        for item in arm.expressions if isinstance(arm, exp.Select) else ():
            node = item.unalias()
            if isinstance(node, exp.Star) or (isinstance(node, exp.Column) and node.is_star):
                yield from _under_star(context, arm, node)
            elif isinstance(node, exp.Column):
                column, table = context.semantics.column(node), context.semantics.table(node)
                if column is not None and table is not None:
                    yield from _proposal(context, node, column, table)


def _under_star(context: Context, query: exp.Expr, star: exp.Expr) -> Iterator[Proposal]:
    qualifier = star.table.lower() if isinstance(star, exp.Column) else ""
    for source in context.semantics.scopes.sources(query):
        if source.table is not None and qualifier in ("", source.alias):
            for column in source.table.columns:
                yield from _proposal(context, star, column, source.table)


def _proposal(context: Context, node: exp.Expr, column: Column, table: Table) -> Iterator[Proposal]:
    if is_retyped(column, table.name, context.target) and context.parsed.has_span(node):
        span: Span = context.parsed.span(node)
        type_name = column_type(column, table.name, context.target)
        yield Proposal(span, message=_MESSAGE.format(table=table.name, column=column.name, type=type_name))
