"""BOO001: a number where PostgreSQL wants a condition."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._holes import is_hole
from sqlport.fixers.json_valid import becomes_cast
from sqlport.sql import replace, wrap
from sqlport.sql.match import is_atom

_TIGHTER = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.Neg)
_NUMBERS = ("integer", "real", "numeric")


def find(context: Context) -> Iterator[Proposal]:
    """Every number that stands as a condition, and every one before IS TRUE and IS FALSE."""
    tree = context.parsed.tree
    for node in tree.dfs() if tree is not None else ():
        if isinstance(node, exp.And | exp.Or | exp.Not | exp.Paren) or not context.parsed.has_span(node):
            continue
        if _is_tested(node) or (context.semantics.wants_condition(node) and not _is_left_to_others(context, node)):
            yield from _made(context, node)


def _is_tested(node: exp.Expr) -> bool:
    """Whether it is the `a` of `a IS TRUE`."""
    parent = node.parent
    return isinstance(parent, exp.Is) and parent.this is node and isinstance(parent.expression, exp.Boolean)


def _is_left_to_others(context: Context, node: exp.Expr) -> bool:
    """Whether its own rule makes a condition of it."""
    if isinstance(node, exp.Anonymous) and node.this == "json_valid":
        return becomes_cast(context, node)
    return isinstance(node, exp.Anonymous) and node.this in ("likely", "unlikely", "likelihood")


def _made(context: Context, node: exp.Expr) -> Iterator[Proposal]:
    parsed = context.parsed
    if is_hole(context, node):
        return
    kind = context.semantics.kind(node)
    span = parsed.span(node)
    if isinstance(node, exp.Literal) and not node.is_string:
        yield Proposal(span, (replace(span, "true" if _is_nonzero(node) else "false"),))
    elif kind in _NUMBERS or (kind == "any" and not isinstance(node, exp.Cast)):
        above = node.parent
        if isinstance(above, exp.Not) and is_atom(node) and parsed.has_span(above):
            negation = parsed.span(above)
            if parsed.text[negation.start : negation.start + 3].upper() == "NOT":
                rewrites = (replace(negation, span, " = 0"),)
                yield Proposal(span, rewrites)
                return
        if is_atom(node) or isinstance(node, _TIGHTER):
            rewrites = (wrap(span, "(", " <> 0)"),) if _is_tested(node) else (wrap(span, "", " <> 0"),)
        else:
            rewrites = (wrap(span, "(", ") <> 0"),)
        yield Proposal(span, rewrites)


def _is_nonzero(literal: exp.Literal) -> bool:
    text = str(literal.this).replace("_", "").lower()
    return (int(text, 16) if text.startswith("0x") else float(text)) != 0
