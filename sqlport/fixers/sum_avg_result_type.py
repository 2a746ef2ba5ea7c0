"""AGG003: sum() and avg() of whole numbers, numeric on PostgreSQL: Decimal in drivers, and no integer division."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._server_types import INTEGERS, cast, is_cast_already, server_type
from sqlport.model import Applicability
from sqlport.sql import replace, wrap

_EXACT = "the sum of the values stays below 2^53"
_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Neg, exp.Paren, exp.Alias, exp.Case)
_SAME_VALUE = frozenset("coalesce ifnull nullif abs max min iif greatest least".split())
_TO_TEXT = frozenset("printf format group_concat string_agg json_object json_array json_group_array".split())


def find(context: Context) -> Iterator[Proposal]:
    """Every sum() and avg() of whole numbers that is returned, divided or written as text."""
    for call in context.parsed.calls("sum", "avg"):
        if len(call.expressions) != 1 or is_cast_already(context, call):
            continue
        value = call.expressions[0]
        found = server_type(context, value)
        if found not in INTEGERS or (call.this == "sum" and found == "int4") or not _matters(context, call):
            continue
        span = context.parsed.span(call)
        if call.this == "avg":
            inner = value.expressions[0] if isinstance(value, exp.Distinct) else value
            change = replace(context.parsed.span(inner), *cast(context, inner, "float8"))
            yield Proposal(span, (change,), Applicability.UNSAFE, condition=_EXACT)
            continue
        whole: exp.Expr = call
        while isinstance(whole.parent, exp.Filter | exp.Window) and whole.parent.this is whole:
            whole = whole.parent
        plain = whole is call
        yield Proposal(
            span, (wrap(context.parsed.span(whole), "" if plain else "(", "::bigint" if plain else ")::bigint"),)
        )


def _matters(context: Context, call: exp.Expr) -> bool:
    """Whether the type of the aggregate shows: in a result, a division, a text. A comparison does not show it."""
    node: exp.Expr = call
    while node.parent is not None:
        parent = node.parent
        if isinstance(parent, exp.Div | exp.Mul | exp.Add | exp.Sub):
            other = parent.expression if parent.this is node else parent.this
            if server_type(context, other) in ("float8", "numeric") and not _has_aggregate(other):
                return False  # the other side decides
        if isinstance(parent, exp.Div | exp.Mod | exp.IntDiv | exp.DPipe):
            return not _is_rounded(parent)
        if isinstance(parent, exp.Anonymous):
            if parent.this in _TO_TEXT:
                return True
            if parent.this not in _SAME_VALUE:
                return False
        elif isinstance(parent, exp.Select | exp.Returning | exp.Values):
            return node.arg_key == "expressions"
        elif isinstance(parent, exp.Cast):
            return False
        elif isinstance(parent, exp.If):
            if node.arg_key == "this":
                return False
        elif not isinstance(parent, (*_ARITHMETIC, exp.Filter, exp.Window)) or (
            isinstance(parent, exp.Window) and node.arg_key != "this"
        ):
            return False
        node = parent
    return False


def _has_aggregate(node: exp.Expr) -> bool:
    return any(call.this in ("sum", "avg") for call in node.find_all(exp.Anonymous))


def _is_rounded(node: exp.Expr) -> bool:
    """Whether round() is taken of it, which wants a numeric; a float beside it makes the division a float's."""
    parent = node.parent
    while isinstance(parent, exp.Paren | exp.Mul | exp.Add | exp.Sub):
        parent = parent.parent
    if not isinstance(parent, exp.Anonymous) or parent.this != "round":
        return False
    return any(not literal.is_string and not literal.is_int for literal in node.find_all(exp.Literal))
