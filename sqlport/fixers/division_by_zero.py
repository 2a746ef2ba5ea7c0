"""NUM001: division by what may be zero, NULL on SQLite and an error on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._nonzero import is_never_zero, null_where_empty
from sqlport.sql import replace


def find(context: Context) -> Iterator[Proposal]:
    """Every `/` and `%` whose divisor may be zero."""
    for node in context.parsed.nodes(exp.Div, exp.Mod):
        divisor = node.expression
        if not context.parsed.has_span(divisor) or is_never_zero(context, divisor) or null_where_empty(node):
            continue
        inner = divisor
        while isinstance(inner, exp.Paren):
            inner = inner.this
        span = context.parsed.span(divisor)
        yield Proposal(context.parsed.span(node), (replace(span, "nullif(", context.parsed.span(inner), ", 0)"),))
