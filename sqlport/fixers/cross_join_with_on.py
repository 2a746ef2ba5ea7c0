"""JOI002: CROSS JOIN, or a comma, with ON or USING."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.fixers._joins import has_condition, is_comma, joins
from sqlport.model import Span
from sqlport.sql import replace


def find(context: Context) -> Iterator[Proposal]:
    """Every one: it is a JOIN."""
    for join, words in joins(context):
        if not has_condition(context, join):
            continue
        if words[0].word == "CROSS" and words[-1].word == "JOIN":
            span = Span(words[0].start, words[-1].end)
            yield Proposal(span, (replace(span, "JOIN"),))
        elif is_comma(words):
            yield Proposal(words[0].span, (replace(words[0].span, " JOIN"),))
