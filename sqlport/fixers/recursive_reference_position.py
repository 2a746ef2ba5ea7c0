"""CTE004: a recursive query that names itself where PostgreSQL does not allow it."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._recursion import arms, recursive, references

_TWICE = "PostgreSQL allows one recursive part only; join its variants into one, or put them into a lateral VALUES"
_INSIDE = "PostgreSQL does not allow the recursive name in a subquery; join with it instead"
_OUTER = "PostgreSQL does not allow the recursive name on the side of an outer join that may be missing"


def find(context: Context) -> Iterator[Proposal]:
    """Every such place."""
    for item in recursive(context):
        queries = [query for query in arms(item.this) if references(query, item.alias)]
        for query in queries:
            named = references(query, item.alias)
            for table in named:
                message = _problem(query, table, first=query is queries[0], count=len(named))
                if message:
                    yield Proposal(context.parsed.span(table), message=message)


def _problem(query: exp.Expr, table: exp.Table, *, first: bool, count: int) -> str:
    if not first or count > 1:
        return _TWICE
    if table.find_ancestor(exp.Select) is not query:
        return _INSIDE
    join = table.parent
    if isinstance(join, exp.Join) and join.side.upper() in ("LEFT", "FULL"):
        return _OUTER
    joins = query.args.get("joins") or []
    if isinstance(join, exp.From) and any(other.side.upper() in ("RIGHT", "FULL") for other in joins):
        return _OUTER
    return ""
