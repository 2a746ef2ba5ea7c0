"""SEL002: a negative LIMIT, no limit on SQLite and an error on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._signs import literal
from sqlport.model import Span
from sqlport.sql import replace


def find(context: Context) -> Iterator[Proposal]:
    """Every LIMIT and OFFSET with a negative number; without it they mean the same."""
    parsed = context.parsed
    yield from _parameters(context)
    for clause in parsed.nodes(exp.Limit, exp.Offset):
        number = literal(clause.expression) if clause.expression is not None else None
        if number is None or number >= 0 or not parsed.has_span(clause):
            continue
        span = parsed.span(clause)
        first = parsed.token_at(span.start)
        if parsed.tokens[first].word not in ("LIMIT", "OFFSET"):
            continue  # LIMIT a, b is brought into order first
        start = parsed.tokens[first - 1].end if first else span.start
        yield Proposal(span, (replace(Span(start, span.end)),))


def _parameters(context: Context) -> Iterator[Proposal]:
    """Every LIMIT whose parameter is known to be negative."""
    keys = {placeholder.span: placeholder.key for placeholder in context.parsed.placeholders}
    for limit in context.parsed.nodes(exp.Limit):
        if isinstance(limit.expression, exp.Placeholder):
            span = context.parsed.span(limit.expression)
            key = keys.get(span)
            if key is not None and context.arguments.traits.get(key) == "negative":
                yield Proposal(span, (replace(span, "nullif(CAST(", span, " AS bigint), -1)"),))
