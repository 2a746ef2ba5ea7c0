"""FNC021: generate_series(), whose column is `value` on SQLite and named after the call's alias on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.sql import insert


def find(context: Context) -> Iterator[Proposal]:
    """Every generate_series() in FROM whose alias does not name the column."""
    for call in context.parsed.calls("generate_series"):
        table = call.parent
        if not isinstance(table, exp.Table) or table.this is not call:
            continue
        alias = table.args.get("alias")
        if alias is None:
            span = context.parsed.span(call)
            yield Proposal(span, (insert(span.end, " AS value"),))
        elif alias.this is not None and alias.name.lower() != "value" and not alias.args.get("columns"):
            span = context.parsed.span(alias)
            yield Proposal(context.parsed.span(call), (insert(span.end, "(value)"),))
