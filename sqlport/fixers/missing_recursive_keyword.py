"""CTE001: a recursive WITH without RECURSIVE."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._recursion import references
from sqlport.model import Span
from sqlport.sql import insert


def find(context: Context) -> Iterator[Proposal]:
    """Every WITH one of whose queries names itself or a later one."""
    for block in context.parsed.nodes(exp.With):
        tokens = context.parsed.tokens_in(context.parsed.span(block))
        if tokens[0].word != "WITH" or tokens[1].word == "RECURSIVE":
            continue
        later = [item.alias for item in block.expressions]
        for index, item in enumerate(block.expressions):
            if any(references(item.this, name) for name in later[index:]):
                place = Span(tokens[0].start, tokens[0].end)
                yield Proposal(place, (insert(place.end, " RECURSIVE"),))
                break
