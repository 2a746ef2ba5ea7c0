"""NUM005: `<<` and `>>`, 64 bits wide on SQLite and as wide as their left side on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._server_types import cast, server_type
from sqlport.fixers._signs import literal
from sqlport.model import Applicability
from sqlport.sql import Rewrite, replace

_BITS = 64
_FAR = "SQLite shifts the other way by a negative number, and everything out by 64 or more; PostgreSQL wraps around"
_NEAR = "the distance is from 0 to 63"


def find(context: Context) -> Iterator[Proposal]:
    """Every shift that an int is too narrow for, and every one by a bigint, which PostgreSQL has not."""
    for node in context.parsed.nodes(exp.BitwiseLeftShift, exp.BitwiseRightShift):
        left, right = node.this, node.expression
        span = context.parsed.span(node)
        by = literal(right)
        if by is not None and not 0 <= by < _BITS:
            yield Proposal(span, message=_FAR)
            continue
        rewrites: list[Rewrite] = []
        if isinstance(node, exp.BitwiseLeftShift) and server_type(context, left) == "int4" and _grows(left, by):
            rewrites.append(replace(context.parsed.span(left), *cast(context, left, "bigint")))
        if by is None and server_type(context, right) in ("int8", "any"):
            rewrites.append(replace(context.parsed.span(right), *cast(context, right, "int")))
        if by is None:
            yield Proposal(
                span, tuple(rewrites), Applicability.UNSAFE, condition=_NEAR, message="" if rewrites else _FAR
            )
        elif rewrites:
            yield Proposal(span, tuple(rewrites))


def _grows(left: exp.Expr, by: int | None) -> bool:
    """Whether the result may need more than 31 bits."""
    value = literal(left)
    return by is None or value is None or not -(2**31) <= value << by < 2**31
