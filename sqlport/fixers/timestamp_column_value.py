"""DTF010: columns of a date or time type that are given out: programs get objects, where SQLite gave them text."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._result_values import given_out
from sqlport.model import Span
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
        label = "" if isinstance(node.parent, exp.Alias) else f" AS {node.name}"
        yield Proposal(span, (replace(span, *_text(context, node, span), label),))
    yield from _inside(context)


def _inside(context: Context) -> Iterator[Proposal]:
    """The largest and the smallest among the results, and what is put together with other text."""
    for call in context.parsed.calls("min", "max"):
        value = call.expressions[0] if len(call.expressions) == 1 else None
        item = call.parent.parent if isinstance(call.parent, exp.Alias) else call.parent
        if value is not None and item is context.parsed.tree and isinstance(item, exp.Select) and not context.converts:
            yield from _as_text(context, value, call)
    for joined in context.parsed.nodes(exp.DPipe):
        for side in (joined.this, joined.expression):
            yield from _as_text(context, side.unnest(), side)


def _as_text(context: Context, column: exp.Expr, whole: exp.Expr) -> Iterator[Proposal]:
    if isinstance(column, exp.Column) and _type(context, column) in _FORMATS and context.parsed.has_span(whole):
        span = context.parsed.span(whole)
        yield Proposal(span, (replace(span, *_text(context, column, span)),))


def _text(context: Context, column: exp.Expr, span: Span) -> tuple[str | Span, ...]:
    """What stands at the span, as the text that SQLite's functions write for a value of the column's type."""
    found = _type(context, column)
    zone = " AT TIME ZONE 'UTC'" if found == "timestamptz" else ""
    return ("to_char(", span, f"{zone}, '{_FORMATS[found]}')")


def _type(context: Context, node: exp.Expr) -> str:
    from sqlport.catalog.types import column_type

    column = context.semantics.column(node)
    table = context.semantics.table(node) if isinstance(node, exp.Column) else None
    return column_type(column, table.name if table else "", context.target) if column is not None else ""
