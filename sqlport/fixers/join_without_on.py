"""JOI001: JOIN without ON or USING."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.fixers._joins import has_condition, is_comma, joins
from sqlport.model import Span
from sqlport.sql import insert, replace


def find(context: Context) -> Iterator[Proposal]:
    """Every one: inner joins are CROSS JOIN, outer ones get ON true."""
    for join, words in joins(context):
        kinds = [token.word for token in words]
        if is_comma(words) or has_condition(context, join) or {"CROSS", "NATURAL"} & set(kinds):
            continue
        span = Span(words[0].start, words[-1].end)
        if kinds in (["JOIN"], ["INNER", "JOIN"]):
            yield Proposal(span, (replace(span, "CROSS JOIN"),))
        elif "JOIN" in kinds:
            yield Proposal(span, (insert(context.parsed.span(join.this).end, " ON true"),))
