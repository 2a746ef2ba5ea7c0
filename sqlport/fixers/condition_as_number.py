"""BOO003: a condition that is counted, compared or stored as a number."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._conditions import as_number, uses
from sqlport.model import Span
from sqlport.sql import Rewrite, replace


def find(context: Context) -> Iterator[Proposal]:
    """Every condition (TRUE and FALSE aside) where a number is wanted."""
    for node, use in uses(context):
        if use not in ("number", "stored") or isinstance(node, exp.Boolean):
            continue
        rewrites = _compared(context, node) or (as_number(context, node),)
        yield Proposal(context.parsed.span(node), rewrites)


def _compared(context: Context, node: exp.Expr) -> tuple[Rewrite, ...]:
    """`condition = 1` is the condition itself."""
    parsed, parent = context.parsed, node.parent
    whole = node
    if isinstance(parent, exp.Paren) and parsed.has_span(parent):
        whole, parent = parent, parent.parent
    if (
        not isinstance(parent, exp.EQ)
        or parent.this is not whole
        or (whole is node and not isinstance(node, exp.Exists))
    ):
        return ()
    one = parent.expression
    if not isinstance(one, exp.Literal) or one.is_string or str(one.this) != "1":
        return ()
    return (replace(Span(parsed.span(whole).end, parsed.span(parent).end)),)
