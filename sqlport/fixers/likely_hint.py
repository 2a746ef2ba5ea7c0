"""FNC013: likely(), unlikely() and likelihood(), hints to SQLite's planner that change no value."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.sql import replace
from sqlport.sql.match import operand

_TIGHTER = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.In, exp.Between, exp.Like, exp.Is)
_LOOSE = (exp.And, exp.Or, exp.Where, exp.Having, exp.Alias, exp.Select, exp.If, exp.Anonymous, exp.Paren)


def find(context: Context) -> Iterator[Proposal]:
    """Every hint: its first argument stays."""
    for call in context.parsed.calls("likely", "unlikely", "likelihood"):
        if not call.expressions:
            continue
        value = call.expressions[0]
        span = context.parsed.span(call)
        loose = isinstance(call.parent, _LOOSE) and (
            isinstance(value, _TIGHTER) or not isinstance(call.parent, exp.And | exp.Or)
        )
        parts = (context.parsed.span(value),) if loose else operand(context.parsed, value)
        yield Proposal(span, (replace(span, *parts),))
