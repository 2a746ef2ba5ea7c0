"""DDL014: CREATE VIEW IF NOT EXISTS, which PostgreSQL has for tables only."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.fixers._tables import removed
from sqlport.model import Span
from sqlport.sql import insert


def find(context: Context) -> Iterator[Proposal]:
    """The IF NOT EXISTS of a view."""
    tokens = context.parsed.tokens
    words = [token.word for token in tokens[:6]]
    if words[:1] != ["CREATE"] or "VIEW" not in words[1:3]:
        return
    at = words.index("VIEW") + 1
    if words[at : at + 3] == ["IF", "NOT", "EXISTS"]:
        span = Span(tokens[at].start, tokens[at + 2].end)
        rewrites = (insert(tokens[0].end, " OR REPLACE"), removed(context.parsed.text, span))
        yield Proposal(span, rewrites)
