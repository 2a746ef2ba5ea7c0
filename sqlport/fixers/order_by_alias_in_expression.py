"""ORD005: a result label inside an expression of ORDER BY or GROUP BY, where PostgreSQL knows only columns."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._holes import has_hole
from sqlport.sql import replace
from sqlport.sql.match import is_atom


def find(context: Context) -> Iterator[Proposal]:
    """Every label that is a part of a term, not the whole of it."""
    parsed = context.parsed
    for column in parsed.nodes(exp.Column):
        query = _ordered_query(column)
        if query is None or column.table:
            continue
        resolved = context.semantics.scopes.resolve(column)
        if resolved is None or resolved.source is not None or resolved.expression is None:
            continue
        expression = resolved.expression
        if parsed.has_span(expression) and not _has_placeholder(expression) and not has_hole(context, expression):
            text = parsed.text_of(expression)
            new = text if is_atom(expression) else f"({text})"
            yield Proposal(parsed.span(column), (replace(parsed.span(column), new),))
        else:
            yield Proposal(parsed.span(column))


def _ordered_query(column: exp.Column) -> exp.Expr | None:
    """The SELECT in whose ORDER BY or GROUP BY the name is a part of an expression."""
    node: exp.Expr = column
    while isinstance(node.parent, exp.Paren):
        node = node.parent
    if isinstance(node.parent, exp.Ordered | exp.Group):
        return None
    clause = column.find_ancestor(exp.Order, exp.Group, exp.Select)
    if clause is None or isinstance(clause, exp.Select) or not isinstance(clause.parent, exp.Select):
        return None
    return clause.parent


def _has_placeholder(expression: exp.Expr) -> bool:
    return expression.find(exp.Placeholder) is not None
