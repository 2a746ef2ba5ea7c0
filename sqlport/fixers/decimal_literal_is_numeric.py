"""LIT003: 1.5 and 1e3, floats on SQLite and exact decimals on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._server_types import server_type
from sqlport.sql import wrap

_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div)
_PASSING = (exp.Paren, exp.Neg, exp.Alias, exp.Case, exp.If, exp.Filter, exp.Window, exp.Distinct)
_PASSING_CALLS = frozenset("coalesce ifnull nullif iif if sum avg min max abs greatest least lag lead likely".split())
_COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Between, exp.In, exp.NullSafeEQ, exp.NullSafeNEQ)


def find(context: Context) -> Iterator[Proposal]:
    """Every such literal whose exactness shows: in a result, or in arithmetic without a float."""
    for literal in context.parsed.nodes(exp.Literal):
        if literal.is_string or literal.is_int or not context.parsed.has_span(literal):
            continue
        span = context.parsed.span(literal)
        text = span.of(context.parsed.text).lower()
        if text.startswith("0x") or not ("." in text or "e" in text) or not _shows(context, literal):
            continue
        yield Proposal(span, (wrap(span, "", "::float8"),))


def _shows(context: Context, literal: exp.Expr) -> bool:
    node, computed = literal, False
    while node.parent is not None:
        parent = node.parent
        if isinstance(parent, _ARITHMETIC):
            computed = True
        elif isinstance(parent, exp.Anonymous):
            if parent.this not in _PASSING_CALLS:
                return False  # the function's own rule knows what it makes of a decimal
        elif isinstance(parent, exp.Select | exp.Returning):
            return node.arg_key == "expressions" and not isinstance(parent.parent, exp.Exists)
        elif isinstance(parent, _COMPARISONS):
            assigned = isinstance(parent.parent, exp.Update | exp.OnConflict) and parent.arg_key == "expressions"
            return computed and (not assigned or _stores_float(context, parent.this))
        elif isinstance(parent, exp.Tuple) and isinstance(parent.parent, exp.Values):
            return computed or parent.parent.find_ancestor(exp.Insert) is None
        elif not isinstance(parent, _PASSING) or (isinstance(parent, exp.If) and node.arg_key == "this"):
            return False
        node = parent
        if server_type(context, node) == "float8":
            return False
    return False


def _stores_float(context: Context, column: exp.Expr) -> bool:
    return server_type(context, column) in ("float8", "any")
