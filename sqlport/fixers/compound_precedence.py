"""SEL004: INTERSECT behind UNION or EXCEPT, which binds tighter on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.model import Span
from sqlport.sql import wrap


def find(context: Context) -> Iterator[Proposal]:
    """Every INTERSECT whose left side is a compound without parentheses."""
    parsed = context.parsed
    for node in parsed.nodes(exp.Intersect):
        left = node.this
        while isinstance(left, exp.Subquery) and parsed.text_of(left)[0] != "(":
            left = left.this
        if not isinstance(left, exp.Union | exp.Except):
            continue
        span = parsed.span(left)
        inner = left.args.get("with_")
        start = parsed.span(inner).end if inner is not None else span.start
        start = parsed.tokens[parsed.token_at(start)].start
        if parsed.text[start] != "(" or _cut(parsed.text[start : span.end]):
            span = Span(start, span.end)
            yield Proposal(span, (wrap(span, "(", ")"),))


def _cut(text: str) -> bool:
    """Whether the first parenthesis closes before the end."""
    depth = 0
    for index, letter in enumerate(text):
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if depth == 0:
            return index < len(text) - 1
    return False
