"""LIT001: x'ab', a blob on SQLite and a bit string on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.model import Span
from sqlport.sql import Rewrite, replace


def find(context: Context) -> Iterator[Proposal]:
    """Every blob literal."""
    for node in context.parsed.nodes(exp.HexString):
        span = context.parsed.span(node)
        digits = span.of(context.parsed.text)[2:-1]
        yield Proposal(span, (blob(span, digits),))


def blob(span: Span, digits: str) -> Rewrite:
    """The same bytes as PostgreSQL writes them."""
    return replace(span, f"'\\x{digits}'::bytea")
