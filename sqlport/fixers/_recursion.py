"""Common table expressions that name themselves, and the queries they are made of."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context


def recursive(context: Context) -> Iterator[exp.CTE]:
    """Every common table expression that names itself."""
    for item in context.parsed.nodes(exp.CTE):
        if references(item.this, item.alias):
            yield item


def references(node: exp.Expr, name: str) -> list[exp.Table]:
    """The places in a query that read the table of that name."""
    return [table for table in node.find_all(exp.Table) if not table.db and table.name.lower() == name.lower()]


def arms(query: exp.Expr) -> list[exp.Expr]:
    """The queries of a compound, from left to right."""
    if isinstance(query, exp.SetOperation):
        return [*arms(query.this), *arms(query.expression)]
    if isinstance(query, exp.Subquery) and isinstance(query.this, exp.SetOperation):
        return arms(query.this)
    return [query]
