"""NUM003: arithmetic of literals beyond 32 bits, where PostgreSQL computes with int."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.sql import wrap

_OPERATIONS = (exp.Add, exp.Sub, exp.Mul)
_BEYOND = "SQLite computes beyond 64 bits with floats, PostgreSQL raises; write the numbers as numeric or as floats"


def find(context: Context) -> Iterator[Proposal]:
    """Every innermost operation on literals whose result is no int."""
    for node in context.parsed.nodes(*_OPERATIONS):
        value = _value(node)
        if value is None or -(2**31) <= value < 2**31:
            continue
        sides = [_value(side) for side in (node.this, node.expression)]
        if any(side is None or not -(2**31) <= side < 2**31 for side in sides):
            if not -(2**63) <= value < 2**63 and all(s is not None and -(2**63) <= s < 2**63 for s in sides):
                yield Proposal(context.parsed.span(node), message=_BEYOND)
            continue
        first = min(context.parsed.span(literal) for literal in node.this.find_all(exp.Literal))
        yield Proposal(context.parsed.span(node), (wrap(first, "", "::bigint"),))


def _value(node: exp.Expr) -> int | None:
    """What integer literals and operations on them amount to."""
    if isinstance(node, exp.Paren):
        return _value(node.this)
    if isinstance(node, exp.Neg):
        inner = _value(node.this)
        return None if inner is None else -inner
    if isinstance(node, exp.Literal) and not node.is_string and str(node.this).replace("_", "").isdigit():
        return int(str(node.this).replace("_", ""))
    if isinstance(node, _OPERATIONS):
        left, right = _value(node.this), _value(node.expression)
        if left is None or right is None:
            return None
        return (
            left + right if isinstance(node, exp.Add) else left - right if isinstance(node, exp.Sub) else left * right
        )
    return None
