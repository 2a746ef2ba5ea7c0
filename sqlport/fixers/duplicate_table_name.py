"""JOI007: two tables of one FROM under one name."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal


def find(context: Context) -> Iterator[Proposal]:
    """Every table whose name or alias another one has."""
    for query in context.parsed.nodes(exp.Select):
        start = query.args.get("from_")
        seen: set[str] = set()
        for item in [start, *(query.args.get("joins") or [])] if start is not None else []:
            table = item.this
            name = (table.alias or table.name).lower() if isinstance(table, exp.Table | exp.Subquery) else ""
            if name and name in seen and context.parsed.has_span(table):
                yield Proposal(context.parsed.span(table))
            seen.add(name)
