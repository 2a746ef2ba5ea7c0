"""SEL001: `LIMIT skip, count`."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.model import Span
from sqlport.sql import replace


def find(context: Context) -> Iterator[Proposal]:
    """Every one. With parameters OFFSET comes first, which PostgreSQL takes too: they keep their order."""
    parsed = context.parsed
    for limit in parsed.nodes(exp.Limit):
        query = limit.parent
        offset = query.args.get("offset") if query is not None else None
        if offset is None or limit.expression is None or offset.expression is None:
            continue
        skip, count = parsed.span(offset.expression), parsed.span(limit.expression)
        between = [token.text for token in parsed.tokens_in(Span(skip.end, count.start))]
        if skip.start > count.start or between != [","]:
            continue
        first = parsed.tokens[parsed.token_at(skip.start) - 1]
        span = Span(first.start, count.end)
        if any(node.find(exp.Placeholder) for node in (offset.expression, limit.expression)) or parsed.holes:
            yield Proposal(span, (replace(span, "OFFSET ", skip, " LIMIT ", count),))
        else:
            yield Proposal(span, (replace(span, Span(span.start, first.end), " ", count, " OFFSET ", skip),))
