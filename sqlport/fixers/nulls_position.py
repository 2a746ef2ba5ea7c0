"""ORD001: ORDER BY over a value that may be NULL, which PostgreSQL puts at the other end."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._holes import has_hole
from sqlport.fixers._nulls import may_be_null
from sqlport.fixers._ordering import arms, stands_for, terms
from sqlport.sql import wrap


def find(context: Context) -> Iterator[Proposal]:
    """Every term without NULLS FIRST or NULLS LAST that may be NULL."""
    parsed = context.parsed
    for ordered, owner in terms(context):
        span = parsed.span(ordered)
        words = [token.word for token in parsed.tokens_in(span)]
        if "NULLS" in words[-2:-1] or isinstance(owner, exp.Update | exp.Delete):
            continue
        if ordered.parent is not None and isinstance(ordered.parent.parent, exp.WithinGroup):
            continue  # percentiles leave NULL out
        if has_hole(context, ordered):
            yield Proposal(span)  # the host may give a direction, or several terms
        elif any(_sorts_nulls(context, node, owner) for node in stands_for(context, ordered, owner)):
            yield Proposal(span, (wrap(span, "", " NULLS LAST" if words[-1] == "DESC" else " NULLS FIRST"),))


def _sorts_nulls(context: Context, node: exp.Expr, owner: exp.Expr) -> bool:
    if isinstance(node, exp.Placeholder | exp.Null) or _is_key(node):
        return False
    query = owner if isinstance(owner, exp.Select) else context.semantics.scopes.query_of(node)
    if isinstance(query, exp.SetOperation):
        query = next(arms(query))
    return may_be_null(context, node, query)


def _is_key(node: exp.Expr) -> bool:
    """Whether it is the key of a table function over JSON, which is never NULL for objects and arrays."""
    query = node.find_ancestor(exp.Select)
    start = query.args.get("from_") if query is not None else None
    if not isinstance(node, exp.Column) or node.name.lower() != "key" or start is None:
        return False
    function = start.this.this if isinstance(start.this, exp.Table) else None
    return isinstance(function, exp.Anonymous) and function.this == "json_each"
