"""JSN012: columns of type json that are given out: programs get objects, where SQLite gave them text."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.fixers._result_values import given_out
from sqlport.sql import insert


def find(context: Context) -> Iterator[Proposal]:
    """Every such column among the results, as text."""
    for node, is_star in given_out(context, "json"):
        span = context.parsed.span(node)
        yield Proposal(span) if is_star else Proposal(span, (insert(span.end, "::text"),))
