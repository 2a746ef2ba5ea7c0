"""JOI005: INDEXED BY and NOT INDEXED."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.model import Span
from sqlport.sql import replace


def find(context: Context) -> Iterator[Proposal]:
    """Every one: PostgreSQL's planner chooses by itself."""
    tokens = context.parsed.tokens
    for span in context.parsed.lifted.get("indexed", ()):
        before = tokens[context.parsed.token_at(span.start) - 1].end
        yield Proposal(span, (replace(Span(before, span.end)),))
