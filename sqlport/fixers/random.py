"""FNC010: random(), a 64-bit integer on SQLite and a fraction below 1 on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.model import Applicability, Span
from sqlport.sql import replace
from sqlport.sql.match import rewrite

_CONDITION = "a number of 52 random bits will do"
_ANY = "floor((random() - 0.5) * power(2, 64))::bigint"


def find(context: Context) -> Iterator[Proposal]:
    """Every random() whose value matters; ORDER BY random() is the same on both."""
    for call in context.parsed.calls("random"):
        if call.expressions or _is_ported(call) or isinstance(call.parent, exp.Ordered):
            continue
        yield _proposal(context, call)


def _is_ported(call: exp.Expr) -> bool:
    parent = call.parent
    while isinstance(parent, exp.Mul | exp.Sub | exp.Add | exp.Paren):
        parent = parent.parent
    return isinstance(parent, exp.Anonymous) and parent.this == "floor"


def _proposal(context: Context, call: exp.Anonymous) -> Proposal:
    parsed = context.parsed
    whole, divisor = _remainder(call)
    if divisor is None:
        span = parsed.span(call)
        return Proposal(span, (replace(span, _ANY),), Applicability.UNSAFE, condition=_CONDITION)
    span = parsed.span(divisor)
    operand: tuple[str | Span, ...] = (
        (span,)
        if isinstance(divisor, exp.Literal | exp.Column | exp.Paren)
        else (
            "(",
            span,
            ")",
        )
    )
    known = isinstance(divisor, exp.Literal) and divisor.is_int
    if isinstance(whole, exp.Anonymous) or (
        isinstance(whole, exp.Mod) and isinstance(whole.this, exp.Anonymous) and whole.this.this == "abs"
    ):
        parts: tuple[str | Span, ...] = ("floor(random() * ", *operand, ")::bigint")
    elif known:
        number = int(str(divisor.this))
        parts = (f"floor(random() * {2 * number - 1} - {number - 1})::bigint",)
    else:
        parts = ("floor(random() * (2 * ", *operand, " - 1) - (", *operand, " - 1))::bigint")
    place = parsed.span(whole)
    applicability = Applicability.SAFE if known else Applicability.UNSAFE
    condition = "" if known else "the divisor is positive"
    return Proposal(place, (rewrite(parsed, whole, *parts),), applicability, condition=condition)


def _remainder(call: exp.Anonymous) -> tuple[exp.Expr, exp.Expr | None]:
    """`random() % n`, `abs(random() % n)` or `abs(random()) % n` round the call, and n."""
    node: exp.Expr = call
    outer = node.parent
    if isinstance(outer, exp.Anonymous) and outer.this == "abs":
        node = outer
    parent = node.parent
    if isinstance(parent, exp.Mod) and parent.this is node:
        around = parent.parent
        while isinstance(around, exp.Paren):
            around = around.parent
        if node is call and isinstance(around, exp.Anonymous) and around.this == "abs":
            return around, parent.expression
        return parent, parent.expression
    return call, None
