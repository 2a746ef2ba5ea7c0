"""OPR005: operators that bind otherwise on PostgreSQL; parentheses keep SQLite's meaning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._conditions import use_of
from sqlport.model import Span
from sqlport.sql import wrap
from sqlport.sql.match import is_made_up

_OTHER, _COMPARISON = 8, 6
# How tight PostgreSQL binds: https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-PRECEDENCE
_LEVELS: Mapping[type[exp.Expr], int] = {
    **dict.fromkeys((exp.Mul, exp.Div, exp.Mod), 10),
    **dict.fromkeys((exp.Add, exp.Sub), 9),
    **dict.fromkeys((exp.DPipe, exp.BitwiseAnd, exp.BitwiseOr, exp.BitwiseNot), _OTHER),
    **dict.fromkeys((exp.BitwiseLeftShift, exp.BitwiseRightShift), _OTHER),
    **dict.fromkeys((exp.In, exp.Between, exp.Like, exp.Glob), 7),
    **dict.fromkeys((exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE), _COMPARISON),
    **dict.fromkeys((exp.Is, exp.NullSafeEQ, exp.NullSafeNEQ), 5),
}
# These have one level on SQLite and are read from left to right, which the tree does not show.
_ONE_LEVEL = (exp.EQ, exp.NEQ, exp.In, exp.Like, exp.Glob, exp.Between)
_ORDERED = (exp.LT, exp.LTE, exp.GT, exp.GTE)


def find(context: Context) -> Iterator[Proposal]:
    """Every operand that is an operation and that PostgreSQL would cut in two."""
    for kind in context.parsed.node_types() & _LEVELS.keys():
        for node in context.parsed.nodes(kind):
            yield from _operands(context, node)


def _operands(context: Context, node: exp.Expr) -> Iterator[Proposal]:
    parsed, level = context.parsed, _LEVELS[type(node)]
    if not parsed.has_span(node) or _is_assignment(node):
        return
    for side in ("this", "expression"):
        operand = _written(context, node.args.get(side))
        if operand is None:
            continue
        found = _LEVELS[type(operand)]
        span = parsed.span(operand)
        if side == "expression" and isinstance(node, exp.EQ | exp.NEQ) and isinstance(operand, _ONE_LEVEL):
            # SQLite reads `a = b IN (c)` as `(a = b) IN (c)`, which the tree does not show.
            yield Proposal(
                parsed.span(node), (wrap(Span(parsed.span(node).start, parsed.span(operand.this).end), "(", ")"),)
            )
        elif isinstance(node, _ORDERED) and (regrouped := _regrouped(context, node, operand, side)) is not None:
            yield Proposal(parsed.span(node), (wrap(regrouped, "(", ")"),))
        elif found < level or (found == level and (side == "expression" or level in (7, _COMPARISON))):
            counted = _is_counted(context, node.args[side])
            if not (isinstance(node, exp.BitwiseNot) or _same(node, operand, side) or counted):
                yield Proposal(span, (wrap(span, "(", ")"),))


def _regrouped(context: Context, node: exp.Expr, operand: exp.Expr, side: str) -> Span | None:
    """What SQLite reads together in `a < b LIKE c` and `a LIKE b < c`: for it `<` binds tighter than LIKE."""
    span = context.parsed.span
    if side == "expression" and isinstance(operand, exp.In | exp.Like | exp.Glob | exp.Between):
        return Span(span(node).start, span(operand.this).end)
    last = operand.args.get("high") if isinstance(operand, exp.Between) else operand.args.get("expression")
    if side == "this" and isinstance(operand, exp.Like | exp.Glob | exp.Between) and isinstance(last, exp.Expr):
        return Span(span(last).start, span(node).end)
    return None


def _is_counted(context: Context, operand: exp.Expr) -> bool:
    """Whether it is a condition among numbers, which BOO003 puts into parentheses."""
    return context.semantics.kind(operand) == "boolean" and use_of(context, operand) in ("number", "stored")


def _same(node: exp.Expr, operand: exp.Expr, side: str) -> bool:
    """`a + (b + c)` is never without its parentheses; a prefix operator on the right stands by itself."""
    return side == "expression" and isinstance(operand, exp.BitwiseNot) and _LEVELS[type(node)] <= _OTHER


def _is_assignment(node: exp.Expr) -> bool:
    return isinstance(node.parent, exp.Update | exp.OnConflict) and node.arg_key == "expressions"


def _written(context: Context, operand: object) -> exp.Expr | None:
    """The operand if it is an operation without parentheses of its own."""
    if isinstance(operand, exp.Paren):
        if context.parsed.has_span(operand) and not is_made_up(context.parsed, operand):
            return None
        operand = operand.this
    if isinstance(operand, exp.Not) and context.parsed.span(operand) == context.parsed.span(operand.this):
        operand = operand.this  # NOT IN, NOT LIKE
    if isinstance(operand, exp.Expr) and type(operand) in _LEVELS and context.parsed.has_span(operand):
        return operand
    return None
