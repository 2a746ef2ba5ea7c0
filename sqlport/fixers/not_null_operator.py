"""OPR004: `x NOT NULL` as a test."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.model import Span
from sqlport.sql import insert


def find(context: Context) -> Iterator[Proposal]:
    """Every such test (constraints of columns are none)."""
    for node in context.parsed.nodes(exp.Not):
        if not isinstance(node.this, exp.Is):
            continue
        tokens = context.parsed.tokens_in(context.parsed.span(node))
        words = [token.word for token in tokens[-3:]]
        if words[-2:] == ["NOT", "NULL"] and words[0] != "IS":
            place = Span(tokens[-2].start, tokens[-1].end)
            yield Proposal(place, (insert(place.start, "IS "),))
