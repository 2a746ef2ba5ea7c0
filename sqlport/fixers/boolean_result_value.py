"""BOO006: a condition among the results, which PostgreSQL gives as true and false."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._conditions import as_number, uses
from sqlport.sql import replace


def find(context: Context) -> Iterator[Proposal]:
    """Every condition that is a result column."""
    for node, use in uses(context):
        if use == "result":
            span = context.parsed.span(node)
            if isinstance(node, exp.Boolean):
                yield Proposal(span, (replace(span, "1" if node.this else "0"),))
            else:
                yield Proposal(span, (as_number(context, node),))
