"""Names that stand for a result column in clauses where PostgreSQL does not know it."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.model import Applicability, Span
from sqlport.sql import replace
from sqlport.sql.match import is_atom

_UNKNOWN = "no table in FROM has a column of that name"
_PARAMETER = "the result column holds a parameter, so it cannot be repeated here; wrap the query in another SELECT"


def in_clause(context: Context, *clauses: type[exp.Expr]) -> Iterator[Proposal]:
    """Every such name in these clauses; its expression takes its place."""
    for column in context.parsed.nodes(exp.Column):
        if column.table or not isinstance(column.this, exp.Identifier) or not context.parsed.has_span(column):
            continue
        query = column.find_ancestor(exp.Select)
        clause = column.find_ancestor(*clauses, exp.Select)
        if query is None or clause is None or isinstance(clause, exp.Select) or clause.parent is not query:
            continue
        if isinstance(clause, exp.Group) and column.parent is clause:
            continue  # GROUP BY knows the names of result columns, but not inside expressions
        expression = _labelled(query, column.name)
        if expression is None or context.semantics.scopes.query_of(column) is not query:
            continue
        resolved = context.semantics.scopes.resolve(column)
        if resolved is None or (resolved.column is None and resolved.expression is expression):
            yield _replaced(context, column, expression, known=resolved is not None)


def _labelled(query: exp.Select, name: str) -> exp.Expr | None:
    """The result column of that label."""
    for item in query.expressions:
        if isinstance(item, exp.Alias) and item.alias.lower() == name.lower():
            expression: exp.Expr = item.this
            return expression
    return None


def _replaced(context: Context, column: exp.Column, expression: exp.Expr, *, known: bool) -> Proposal:
    span: Span = context.parsed.span(column)
    if expression.find(exp.Placeholder) is not None:
        return Proposal(span, message=_PARAMETER)
    text = context.parsed.text_of(expression)
    if not is_atom(expression) and not isinstance(column.parent, exp.Anonymous):
        text = _without_needless(expression, column, text)
    change = (replace(span, text),)
    if known:
        return Proposal(span, change)
    return Proposal(span, change, Applicability.UNSAFE, condition=_UNKNOWN)


_COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.In, exp.Between, exp.Is, exp.Like)
_TIGHTER = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.Neg)


def _without_needless(expression: exp.Expr, column: exp.Column, text: str) -> str:
    """In parentheses, unless arithmetic meets a comparison."""
    if isinstance(expression, _TIGHTER) and isinstance(column.parent, _COMPARISONS):
        return text
    return f"({text})"
