"""OPR007: `x IN table`."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.sql import replace


def find(context: Context) -> Iterator[Proposal]:
    """Every IN with the name of a table or the call of a table function."""
    for node in context.parsed.nodes(exp.In):
        table = node.args.get("field")
        if not isinstance(table, exp.Column | exp.Anonymous) or not context.parsed.has_span(table):
            continue
        span = context.parsed.span(table)
        if context.parsed.tokens_in(span)[0].text != "(":
            yield Proposal(span, (replace(span, "(SELECT * FROM ", span, ")"),))
