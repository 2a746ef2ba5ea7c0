"""JOI006: a table alone, or tables with commas, in parentheses."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.sql import replace


def find(context: Context) -> Iterator[Proposal]:
    """Every such pair of parentheses in FROM; round a join they stay."""
    parsed = context.parsed
    for node in parsed.nodes(exp.Subquery, exp.Paren):
        table = node.this
        if not isinstance(table, exp.Table) or not parsed.has_span(node) or not parsed.has_span(table):
            continue
        span, inner = parsed.span(node), parsed.span(table)
        tokens = parsed.tokens_in(span)
        joins = table.args.get("joins") or []
        if tokens[0].text != "(":
            continue
        if not joins:
            closing = next(token for token in parsed.tokens[parsed.token_at(inner.end) :] if token.text == ")")
            rest = parsed.text[closing.end : span.end]
            yield Proposal(span, (replace(span, inner, *([rest] if rest else [])),))
            continue
        for join in joins:
            comma = parsed.tokens[parsed.token_at(parsed.span(join).start)]
            if comma.text == ",":
                yield Proposal(comma.span, (replace(comma.span, " CROSS JOIN"),))
