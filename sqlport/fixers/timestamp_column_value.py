"""DTF010: columns of a date or time type that are given out: programs get objects, where SQLite gave them text."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._result_values import given_out
from sqlport.sql import replace

_FORMATS = {
    "timestamp": "YYYY-MM-DD HH24:MI:SS",
    "timestamptz": "YYYY-MM-DD HH24:MI:SS",
    "date": "YYYY-MM-DD",
}


def find(context: Context) -> Iterator[Proposal]:
    """Every such column among the results, as the text that SQLite's own functions write."""
    for node, is_star in given_out(context, "time"):
        if context.converts and (is_star or _type(context, node) in ("timestamp", "date")):
            continue  # the program got an object before, too
        span = context.parsed.span(node)
        fmt = "" if is_star else _FORMATS.get(_type(context, node), "")
        if not fmt:
            yield Proposal(span)
            continue
        zone = " AT TIME ZONE 'UTC'" if _type(context, node) == "timestamptz" else ""
        label = "" if isinstance(node.parent, exp.Alias) else f" AS {node.name}"
        yield Proposal(span, (replace(span, "to_char(", span, f"{zone}, '{fmt}'){label}"),))


def _type(context: Context, node: exp.Expr) -> str:
    from sqlport.catalog.types import column_type

    column = context.semantics.column(node)
    table = context.semantics.table(node) if isinstance(node, exp.Column) else None
    return column_type(column, table.name if table else "", context.target) if column is not None else ""
