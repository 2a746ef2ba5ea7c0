"""PAT001: LIKE, which folds A to Z in SQLite and nothing in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._citext import is_citext
from sqlport.fixers._patterns import insensitive, is_case_free, is_ported, operator, same_case
from sqlport.fixers._pragmas import like_minds_case
from sqlport.model import Span
from sqlport.sql import Rewrite, replace, wrap


def find(context: Context) -> Iterator[Proposal]:
    """Every LIKE whose pattern has, or may have, a letter."""
    parsed = context.parsed
    if like_minds_case(context.before):
        return
    for like in parsed.nodes(exp.Like):
        pattern = like.expression
        if not parsed.has_span(like) or is_case_free(pattern) or same_case(like.this, pattern):
            continue
        if is_citext(context, like.this) or is_ported(pattern):
            continue
        words = operator(context, like)
        word = Span(words.end - 4, words.end)
        rewrites: tuple[Rewrite, ...] = (replace(word, "ILIKE"),)
        collation = insensitive(context, like.this, pattern)
        if collation:
            rewrites = (*rewrites, wrap(parsed.span(pattern), "", collation))
        yield Proposal(parsed.span(like), rewrites)
