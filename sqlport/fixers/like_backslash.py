"""PAT002: a LIKE pattern with a backslash, which is PostgreSQL's escape unless another one is named."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._patterns import may_have_backslash
from sqlport.sql import wrap


def find(context: Context) -> Iterator[Proposal]:
    """Every LIKE without ESCAPE whose pattern has, or may get, a backslash."""
    parsed = context.parsed
    for like in parsed.nodes(exp.Like):
        if isinstance(like.parent, exp.Escape) or not parsed.has_span(like):
            continue
        if may_have_backslash(like.expression):
            yield Proposal(parsed.span(like), (wrap(parsed.span(like.expression), "", " ESCAPE ''"),))
