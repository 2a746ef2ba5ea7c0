"""COLLATE in expressions: where the operator that it governs stands, and both sides of it under a function."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlglot import exp

from sqlport.fixers import Context
from sqlport.fixers._patterns import quoted
from sqlport.sql import Rewrite, replace, wrap

_COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.NullSafeNEQ)
Fold = Callable[[str], str]


def collations(context: Context, name: str) -> Iterator[exp.Collate]:
    """Every `x COLLATE name` (any case)."""
    for node in context.parsed.nodes(exp.Collate):
        if collation_name(node) == name and context.parsed.has_span(node):
            yield node


def collation_name(node: exp.Collate) -> str:
    """The collation in capitals."""
    return str(node.expression.name).upper()


def parent_of(node: exp.Expr) -> tuple[exp.Expr, exp.Expr | None]:
    """The node with the parentheses round it, and what it is an operand of."""
    parent = node.parent
    while isinstance(parent, exp.Paren):
        node, parent = parent, parent.parent
    return node, parent


def others(node: exp.Expr) -> tuple[exp.Expr, ...] | None:
    """What the collated value is compared with; None where it is compared with nothing, so that it says nothing.

    For a sort or group term that is an empty tuple.
    """
    whole, parent = parent_of(node)
    if isinstance(parent, _COMPARISONS):
        return (parent.expression if parent.this is whole else parent.this,)
    if isinstance(parent, exp.In) and parent.this is whole:
        query = parent.args.get("query")
        return (query,) if query is not None else tuple(parent.expressions)
    if isinstance(parent, exp.Between):
        return tuple(side for side in (parent.this, parent.args["low"], parent.args["high"]) if side is not whole)
    if isinstance(parent, exp.Case) and parent.this is whole:
        return tuple(branch.this for branch in parent.args["ifs"])
    if isinstance(parent, exp.Ordered | exp.Group | exp.Window):
        return ()
    if isinstance(parent, exp.Distinct) and isinstance(parent.parent, exp.Anonymous) and parent.parent.this == "count":
        return ()
    return None


def dropped(context: Context, node: exp.Collate) -> Rewrite:
    """The value without its collation."""
    span = context.parsed.span(node)
    return replace(span, context.parsed.span(node.this))


def under(context: Context, node: exp.Collate, before: str, after: str, fold: Fold) -> Rewrite:
    """The value in a call instead of its collation; a literal is folded at once."""
    if isinstance(node.this, exp.Literal) and node.this.is_string:
        return replace(context.parsed.span(node), quoted(fold(str(node.this.this))))
    return replace(context.parsed.span(node), before, context.parsed.span(node.this), after)


def other_under(context: Context, node: exp.Expr, before: str, after: str, fold: Fold) -> Iterator[Rewrite]:
    """The other side in the same call; a literal is folded at once, NULL and what has the call stays."""
    span = context.parsed.span(node)
    if isinstance(node, exp.Literal) and node.is_string:
        folded = fold(str(node.this))
        if folded != node.this:
            yield replace(span, quoted(folded))
    elif isinstance(node, exp.Collate):
        yield under(context, node, before, after, fold)
    elif isinstance(node, exp.Paren) and context.parsed.has_span(node.this):
        yield from other_under(context, node.this, before, after, fold)
    elif not isinstance(node, exp.Null) and not context.parsed.text_of(node).lower().startswith(before):
        yield wrap(span, before, after)
