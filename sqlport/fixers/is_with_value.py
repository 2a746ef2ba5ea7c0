"""OPR002: `a IS b` and `a IS NOT b` with a value, comparisons that know NULL."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.model import Span
from sqlport.sql import replace

_PASSING = (exp.And, exp.Or, exp.Paren)


def find(context: Context) -> Iterator[Proposal]:
    """Every one; `=` where a condition that is NULL counts as false, so that an index serves it."""
    parsed = context.parsed
    for node in parsed.nodes(exp.NullSafeEQ, exp.NullSafeNEQ):
        span = Span(parsed.span(node.this).end, parsed.span(node.expression).start)
        tokens = parsed.tokens_in(span)
        words = [token.word for token in tokens]
        if words not in (["IS"], ["IS", "NOT"]):
            continue
        place = Span(tokens[0].start, tokens[-1].end)
        yield Proposal(place, (replace(place, _operator(context, node)),))


def _operator(context: Context, node: exp.Expr) -> str:
    nullable = context.semantics.nullable
    certain = not nullable(node.expression)
    equal = isinstance(node, exp.NullSafeEQ)
    if certain and (not nullable(node.this) or (equal and _only_filters(node))):
        return "=" if equal else "<>"
    return "IS NOT DISTINCT FROM" if equal else "IS DISTINCT FROM"


def _only_filters(node: exp.Expr) -> bool:
    """Whether NULL and false are the same there: under WHERE, ON, HAVING, WHEN, without a NOT between."""
    child, parent = node, node.parent
    while isinstance(parent, _PASSING):
        child, parent = parent, parent.parent
    if isinstance(parent, exp.Where | exp.Having):
        return True
    return isinstance(parent, exp.Join) or (isinstance(parent, exp.If) and parent.this is child)
